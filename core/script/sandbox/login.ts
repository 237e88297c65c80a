/** What `challenge` is told of a user: RFC 7616 §3.4.2. No message repeats what may be a secret. */
import type { HashAlgorithm } from "../../base/hash.ts";
import { HASH_DIGITS, type Secret } from "../../base/user.ts";
import { octetsOf } from "../../base/utf8.ts";
import type { Login } from "../../proxy/decision.ts";
import { VALUE_LENGTH_MAX } from "../limits.ts";
import type * as Public from "../sipwright.d.ts";
import { isDevice } from "./devices.ts";
import { toWire } from "./text.ts";

/** Throws a TypeError for what says nothing of a user. */
export function loginOf(options: Public.ChallengeOptions): Login {
	if (typeof options !== "object" || options === null)
		throw new TypeError("challenge() takes { password }, { ha1 } or nothing");
	const { password, ha1, realm } = options;
	if (password !== undefined && ha1 !== undefined)
		throw new TypeError("challenge(): ha1 is made of the password; give one of them");
	return {
		realm: realm === undefined ? undefined : realmOf(realm),
		secret: ha1 === undefined ? passwordOf(password) : hashesOf(ha1),
		device: "device" in options ? deviceOf(options.device) : undefined,
	};
}

/** An empty one is none: what is not there must not be a password that everybody knows. */
function passwordOf(password: string | undefined): Secret | undefined {
	if (password === undefined || password === "") return undefined;
	if (typeof password !== "string" || password.length > VALUE_LENGTH_MAX)
		throw new TypeError(
			`challenge(): password is a text of at most ${VALUE_LENGTH_MAX} characters, or undefined where there is no such user`,
		);
	return { password: octetsOf(password) };
}

function hashesOf(given: NonNullable<Public.ChallengeOptions["ha1"]>): Secret {
	const ha1: Partial<Record<HashAlgorithm, string>> = {};
	for (const [name, hash] of Object.entries(given)) {
		const digits = HASH_DIGITS[name as HashAlgorithm];
		if (digits === undefined)
			throw new TypeError(
				`challenge(): ha1: ${JSON.stringify(name)} is none of ${Object.keys(HASH_DIGITS).join(", ")}`,
			);
		if (hash === undefined) continue;
		if (typeof hash !== "string" || hash.length !== digits || !/^[0-9a-f]+$/i.test(hash))
			throw new TypeError(`challenge(): ha1: ${name} is not ${digits} hexadecimal digits`);
		ha1[name as HashAlgorithm] = hash.toLowerCase();
	}
	return { ha1 };
}

function realmOf(realm: unknown): string {
	if (typeof realm !== "string" || realm === "")
		throw new TypeError("challenge(): realm is a text that is not empty");
	return toWire("realm", realm);
}

function deviceOf(device: unknown): string {
	if (typeof device === "string") return device;
	if (isDevice(device)) return device.name;
	throw new TypeError("challenge(): device is a device, such as device(…) returned, or its name");
}
