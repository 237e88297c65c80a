/** Sipwright at an address of its own, with the default ports: what a URI without a port leads to. */
import type { TestContext } from "node:test";
import { closing } from "./cleanup.ts";
import { ownHost } from "./ports.ts";
import { type Sipwright, type SipwrightOptions, startSipwright } from "./sipwright-process.ts";

export type OwnProxy = {
	readonly host: string;
	readonly sipwright: Sipwright;
	/** Gives it other devices by `sipwright reload`. */
	reload(devices: readonly string[]): Promise<void>;
};

/** `devices` and `more` are lines of its configuration. */
export async function startOwnProxy(
	t: TestContext,
	devices: readonly string[],
	more: readonly string[] = [],
	options: Omit<SipwrightOptions, "config"> = {},
): Promise<OwnProxy> {
	const host = ownHost();
	const config = (lines: readonly string[]) =>
		[
			`listen: [ udp:${host}:5060, tls:${host}:5061 ]`,
			...more,
			"devices:",
			...lines.map((line) => `  ${line}`),
		].join("\n");
	const sipwright = await startSipwright({ ...options, config: config(devices) });
	closing(t, sipwright, (one) => one.stop());
	return { host, sipwright, reload: (lines) => sipwright.reload(config(lines)) };
}
