/** A device as it crosses into the isolate: what routing needs, and no password. */
import type { Device } from "../leg/device.ts";

export type ScriptDevice = Pick<
	Device,
	| ("name" | "type" | "serviceType" | "prefix" | "replacePrefix" | "priority")
	| "authenticateRequests"
> & {
	/** Its configured contact is `sips`. */
	readonly secure: boolean;
	/** `contact: "*"`. */
	readonly registers: boolean;
	readonly mismatch: "follow-message" | "follow-config" | "reject";
};

/** Devices as `Scripts.start` takes them. */
export function scriptDevices(devices: Iterable<Device>): ScriptDevice[] {
	return Array.from(devices, (device) => ({
		name: device.name,
		type: device.type,
		secure: device.contact !== "*" && device.contact.scheme === "sips",
		registers: device.contact === "*",
		serviceType: device.serviceType,
		prefix: device.prefix,
		replacePrefix: device.replacePrefix,
		priority: device.priority,
		authenticateRequests: device.authenticateRequests,
		mismatch: device.secureSignaling.mismatch,
	}));
}
