/** The devices that the generation was loaded with, and how a number finds one: secure signaling §2.2. */
import { TARGETS_MAX } from "../limits.ts";
import type { ScriptDevice } from "../script-device.ts";
import type * as Public from "../sipwright.d.ts";

/** JSON, the argument of the function that wraps the bundle. */
declare const SIPWRIGHT_DEVICES: string;

/** Of trunks(): they take turns with those of their kind next to them. */
const TAKING_TURNS = new WeakSet<object>();

/** Of withNumber(): the number counts whatever the contact says. */
const RENUMBERED = new WeakSet<object>();

class DeviceHandle implements Public.Device {
	readonly name: string;
	readonly type: Public.DeviceType;
	readonly secure: boolean;
	readonly registers: boolean;
	readonly serviceType: string | undefined;
	readonly prefix: string | undefined;
	readonly replacePrefix: string | undefined;
	readonly priority: number;
	readonly authenticateRequests: readonly string[];
	readonly mismatch: Public.Device["mismatch"];
	readonly number: string | undefined;

	constructor(device: ScriptDevice | Public.Device, number: string | undefined) {
		this.name = device.name;
		this.type = device.type;
		this.secure = device.secure;
		this.registers = device.registers;
		this.serviceType = device.serviceType;
		this.prefix = device.prefix;
		this.replacePrefix = device.replacePrefix;
		this.priority = device.priority;
		this.authenticateRequests = Object.freeze([...device.authenticateRequests]);
		this.mismatch = device.mismatch;
		this.number = number;
		Object.freeze(this);
	}
}

/** Kept from before the script runs. */
const { add, has } = WeakSet.prototype;
const { apply } = Reflect;

const NONE: readonly Public.Device[] = [];
const DEVICES: readonly ScriptDevice[] = JSON.parse(SIPWRIGHT_DEVICES);
const BY_NAME = new Map(
	DEVICES.map((device) => [device.name, new DeviceHandle(device, undefined)]),
);
const TRUNKS = DEVICES.filter(({ type }) => type === "Trunk").sort(longestPrefixFirst);

/** By exact name, else the best trunk. */
export function findDevice(number: string | undefined): Public.Device | undefined {
	if (number === undefined) return undefined;
	const named = BY_NAME.get(number);
	if (named !== undefined) return named;
	const trunk = TRUNKS.find(({ prefix }) => prefix !== undefined && number.startsWith(prefix));
	return trunk && new DeviceHandle(trunk, numberAt(trunk, number));
}

/** Every trunk for a number, the best first. */
export function findTrunks(number: string | undefined): readonly Public.Device[] {
	if (number === undefined) return NONE;
	const found: Public.Device[] = [];
	for (const trunk of TRUNKS) {
		if (trunk.prefix === undefined || !number.startsWith(trunk.prefix)) continue;
		const handle = new DeviceHandle(trunk, numberAt(trunk, number));
		apply(add, TAKING_TURNS, [handle]);
		found.push(handle);
		if (found.length === TARGETS_MAX) break;
	}
	return found;
}

export function takesTurns(device: Public.Device): boolean {
	return apply(has, TAKING_TURNS, [device]);
}

/** The same device, called by another number. */
export function renumbered(device: Public.Device, number: string): Public.Device {
	if (!isDevice(device))
		throw new TypeError("withNumber() takes a device, such as device(…) returned");
	if (typeof number !== "string" || number === "")
		throw new TypeError(`withNumber() takes the number as a text, not ${String(number)}`);
	const handle = new DeviceHandle(device, number);
	apply(add, RENUMBERED, [handle]);
	if (takesTurns(device)) apply(add, TAKING_TURNS, [handle]);
	return handle;
}

export function isRenumbered(device: Public.Device): boolean {
	return apply(has, RENUMBERED, [device]);
}

export function namedDevice(name: string | undefined): Public.Device | undefined {
	return name === undefined ? undefined : BY_NAME.get(name);
}

/** Whether a value is one of ours: what `relay` and `fork` take. */
export function isDevice(value: unknown): value is Public.Device {
	return value instanceof DeviceHandle;
}

function numberAt({ prefix = "", replacePrefix }: ScriptDevice, number: string) {
	return replacePrefix === undefined ? undefined : replacePrefix + number.slice(prefix.length);
}

function longestPrefixFirst(a: ScriptDevice, b: ScriptDevice): number {
	const longer = (b.prefix?.length ?? 0) - (a.prefix?.length ?? 0);
	return longer === 0 ? a.priority - b.priority : longer;
}
