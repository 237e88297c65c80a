/** One entry of `devices:`, as configuration hands it to the proxy. */
import type { Scheme } from "../base/scheme.ts";
import type { SecureSignaling } from "./secure-signaling.ts";

export const DEVICE_TYPES = [
	"Trunk",
	"Extension",
	"ACD Position",
	"Voice over IP Service",
	"Routing Point",
] as const;

export type DeviceType = (typeof DEVICE_TYPES)[number];

/** `[ "sip:" / "sips:" ] [ number "@" ] hostport [ ";transport=" … ]`, read by `parseDeviceContact`. */
export type DeviceContact = {
	/** As written. */
	readonly text: string;
	readonly scheme: Scheme;
	readonly user: string | undefined;
	/** IPv6 in brackets. */
	readonly host: string;
	readonly port: number | undefined;
	readonly transport: "udp" | "tcp" | "tls" | undefined;
	/** The URI parameters exactly as written, each with its leading `;`. */
	readonly params: string;
};

export type Device = {
	/** The key: a number or a name. */
	readonly name: string;
	readonly type: DeviceType;
	/** `*`: the device registers, and is reached at its bindings. */
	readonly contact: "*" | DeviceContact;
	readonly contactBackup: readonly DeviceContact[];
	/** `softswitch`, `msml`, `sip-outbound-proxy`, …: Voice over IP Service only. */
	readonly serviceType: string | undefined;
	/** Trunk: the leading digits that lead to it. */
	readonly prefix: string | undefined;
	/** Trunk: what the prefix is replaced by; undefined leaves the number alone. */
	readonly replacePrefix: string | undefined;
	/** Smaller is tried first. */
	readonly priority: number;
	/** Concurrent calls at most; 0 is unlimited. */
	readonly capacity: number;
	/** Bindings at most; undefined: as many as any device. */
	readonly maxBindings: number | undefined;
	/** Seconds between OPTIONS pings; 0 is off. */
	readonly oosCheck: number;
	/** Seconds without an answer until the device is out of service. */
	readonly oosForce: number;
	/** Seconds an out-of-service device is left alone. */
	readonly recoveryTimeout: number;
	/** Methods that are challenged: REGISTER at least; none where nobody can log in as the device, which is accepted from trusted networks only. */
	readonly authenticateRequests: readonly string[];
	readonly secureSignaling: SecureSignaling;
	/** Line of the configuration file, for messages. */
	readonly line: number;
};

/** The types whose contact may say `sips`: for a Voice over IP Service only as a softswitch. */
export function mayBeSips(device: Pick<Device, "type" | "serviceType">): boolean {
	if (device.type === "Voice over IP Service") return device.serviceType === "softswitch";
	return device.type !== "Routing Point";
}
