/** Route, Record-Route and Path as stacks: RFC 3261 §16.4, §16.6 steps 4 and 6, RFC 3327 §5.2. */
import type { Element } from "./list.ts";
import type { Patch } from "./patch.ts";

/** Above the Record-Route values received; without any, below the first Via line. */
export function pushRecordRoute(patch: Patch, value: string): Patch {
	return push(patch, "record-route", "Record-Route", value);
}

/** Above the Route values received. */
export function pushRoute(patch: Patch, value: string): Patch {
	return push(patch, "route", "Route", value);
}

/** Above the Path values received. */
export function pushPath(patch: Patch, value: string): Patch {
	return push(patch, "path", "Path", value);
}

/** Without this Route value, the first unless named. */
export function popRoute(patch: Patch, element?: Element): Patch {
	const first = element ?? patch.message.head.elements("route")[0];
	return first === undefined ? patch : patch.removeElement(first);
}

function push(
	patch: Patch,
	name: "route" | "record-route" | "path",
	spelling: string,
	value: string,
): Patch {
	const { head } = patch.message;
	const line = head.first(name);
	if (line !== -1) return patch.insertBefore(line, spelling, value);
	const via = head.first("via");
	return via === -1 ? patch.prependLine(spelling, value) : patch.insertAfter(via, spelling, value);
}
