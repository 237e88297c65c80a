/** The Reason of a CANCEL of ours: RFC 3326 §2 and §3.1. */
import type { Request } from "../message/message.ts";

/** The phones that stop ringing do not count a missed call. */
export const ANSWERED_ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

/** Somebody refused for everybody. */
export function refusedBy(status: number): string {
	return `SIP;cause=${status}`;
}

/** What the caller said in its own CANCEL, all of it; undefined when it said nothing. */
export function reasonOf({ head }: Request): string | undefined {
	const values: string[] = [];
	for (let line = head.first("reason"); line !== -1; line = head.next(line))
		values.push(head.value(line));
	return values.length === 0 ? undefined : values.join(", ");
}
