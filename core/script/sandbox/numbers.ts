/** Telephone numbers as scripts normalise them: E.164 out of what was dialled (RFC 3966 §5.1.1, §5.1.4). */
import type * as Public from "../sipwright.d.ts";

/** E.164 has fifteen digits at most, and no country code begins with 0. */
const E164 = /^[1-9]\d{1,14}$/;
/** Those of RFC 3966, and the spaces that people write. */
const SEPARATORS = /[-.()\s]/g;

export function toE164(number: string | undefined, plan: Public.NumberPlan): string | undefined {
	const { international, national, area, country } = checked(plan);
	const written = subscriber(number);
	if (written === undefined) return undefined;
	// +49 (0) 30 …: the 0 is for those who call from within the country.
	const said = written.startsWith("+") ? written.replace(`(${national})`, "") : written;
	const digits = said.replace(SEPARATORS, "");
	if (digits === "") return undefined;
	if (digits.startsWith("+")) return global(digits.slice(1));
	if (international !== "" && digits.startsWith(international))
		return global(digits.slice(international.length));
	if (national !== "" && digits.startsWith(national))
		return global(country + digits.slice(national.length));
	if (area !== undefined) return global(country + area + digits);
	return national === "" ? global(country + digits) : undefined;
}

export function withoutPrefix(number: string, prefix: string): string {
	return withOtherPrefix(number, prefix, "");
}

export function withPrefix(number: string, prefix: string): string {
	return text("prefix", prefix) + text("number", number);
}

export function withOtherPrefix(number: string, prefix: string, replacement: string): string {
	const found = text("number", number).startsWith(text("prefix", prefix));
	return found ? text("prefix", replacement) + number.slice(prefix.length) : number;
}

/** A number without quotes loses its zeros before anybody sees it. */
function text(what: string, value: string): string {
	if (typeof value === "string") return value;
	throw new TypeError(`a ${what} is a text, "0123", not ${String(value)}`);
}

function global(digits: string): string | undefined {
	return E164.test(digits) ? `+${digits}` : undefined;
}

/** Without `tel:` and parameters; undefined for a number that says itself where it is local. */
function subscriber(number: string | undefined): string | undefined {
	if (typeof number !== "string") return undefined;
	const [digits = "", ...params] = number.replace(/^tel:/i, "").split(";");
	return params.some((param) => /^phone-context=/i.test(param)) ? undefined : digits;
}

type Plan = Required<Omit<Public.NumberPlan, "area">> & { readonly area: string | undefined };

function checked(plan: Public.NumberPlan): Plan {
	if (typeof plan !== "object" || plan === null)
		throw new TypeError('e164() takes a number and a plan, { country: "49" }');
	const { international = "00", national = "0", area } = plan;
	const country = String(plan.country).replace(/^\+/, "");
	if (!/^[1-9]\d{0,2}$/.test(country))
		throw new TypeError(`e164(): ${String(plan.country)} is no country code, such as "49"`);
	for (const [name, value] of Object.entries({ international, national, area }))
		if (value !== undefined && !/^\d*$/.test(String(value)))
			throw new TypeError(`e164(): ${name} is digits, not ${String(value)}`);
	return { international, national, area, country };
}
