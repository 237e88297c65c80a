/** The Date header field: RFC 3261 §20.17. Counted from the epoch, since the pure folders have no calendar. */
import type { Milliseconds } from "../base/clock.ts";

/** `Sat, 13 Nov 2010 23:29:00 GMT`. */
export function sipDate(now: Milliseconds): string {
	const seconds = Math.floor(now / 1000);
	const days = Math.floor(seconds / DAY);
	const { year, month, day } = civil(days);
	const rest = seconds - days * DAY;
	const time = [rest / 3600, (rest / 60) % 60, rest % 60].map(two).join(":");
	return `${WEEKDAYS[(days + 4) % 7]}, ${two(day)} ${MONTHS[month]} ${year} ${time} GMT`;
}

/** Years begin in March here, so that the leap day is the last one of a cycle. */
function civil(days: number): { year: number; month: number; day: number } {
	const shifted = days + DAYS_BEFORE_1970;
	const era = Math.floor(shifted / ERA);
	const dayOfEra = shifted - era * ERA;
	const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524);
	const yearOfEra = Math.floor((dayOfEra - leapDays - Math.floor(dayOfEra / (ERA - 1))) / 365);
	const before = 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
	const dayOfYear = dayOfEra - before;
	const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
	const month = (fromMarch + 2) % 12;
	const year = era * 400 + yearOfEra + (month < 2 ? 1 : 0);
	return { year, month, day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1 };
}

function two(value: number): string {
	return String(Math.floor(value)).padStart(2, "0");
}

const DAY = 86_400;
/** Days in 400 years. */
const ERA = 146_097;
/** From March 1 of year 0 to January 1, 1970. */
const DAYS_BEFORE_1970 = 719_468;
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = [
	...["Jan", "Feb", "Mar", "Apr", "May", "Jun"],
	...["Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
];
