/**
 * Sipwright at an address of its own, with the default ports: what a URI without a port leads to. It holds all
 * that it sends against the rules of the leg, and a message that breaks one fails the test.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Certificate } from "./certificate.ts";
import { closing } from "./cleanup.ts";
import { ownHost } from "./ports.ts";
import { type Sipwright, startSipwright } from "./sipwright-process.ts";

export type OwnProxyOptions = {
	/** Lines of `devices:`. */
	readonly devices: readonly string[];
	/** More lines of the configuration. */
	readonly more?: readonly string[];
	/** What stands in `secure-signaling: { }`. */
	readonly signaling?: string;
	/** Its own, and what it trusts whatever name that has. */
	readonly certificate?: Certificate;
	/** The address that it tells others, if that is not where it listens. */
	readonly advertise?: string;
	/** More files of its folder, by name. */
	readonly files?: Record<string, string>;
};

export type OwnProxy = {
	readonly host: string;
	readonly sipwright: Sipwright;
	/** Gives it other devices by `sipwright reload`. */
	reload(devices: readonly string[]): Promise<void>;
};

export async function startOwnProxy(t: TestContext, options: OwnProxyOptions): Promise<OwnProxy> {
	const { certificate, files = {} } = options;
	const host = ownHost();
	const own = certificate ? { "own.pem": certificate.cert, "own.key": certificate.key } : {};
	const sipwright = await startSipwright({
		config: config(host, options),
		files: { ...files, ...own },
		logLevel: "debug",
	});
	closing(t, sipwright, async (one) => {
		const counters = await one.counters();
		const broken = one.log().filter(({ event }) => event === "leg.violation");
		await one.stop();
		assert.deepEqual([counters.legViolations, broken], [0, []]);
		assert.ok(Number(counters.legMessagesChecked) > 0, "no message of a call went out");
	});
	const reload = (devices: readonly string[]) =>
		sipwright.reload(config(host, { ...options, devices }));
	return { host, sipwright, reload };
}

function config(host: string, options: OwnProxyOptions): string {
	const { devices, more = [], signaling = "", certificate, advertise = host } = options;
	const listen = (transport: string, port: number) =>
		`{ transport: ${transport}, address: "${host}:${port}", advertise: "${advertise}:${port}" }`;
	const settings = ["lint: on", ...(certificate ? ["name-check: off"] : []), signaling];
	return [
		`listen: [ ${listen("udp", 5060)}, ${listen("tls", 5061)} ]`,
		...(certificate ? ["tls: { certificate: own.pem, key: own.key, ca: own.pem }"] : []),
		`secure-signaling: { ${settings.filter((one) => one !== "").join(", ")} }`,
		...more,
		"devices:",
		...devices.map((line) => `  ${line}`),
	].join("\n");
}
