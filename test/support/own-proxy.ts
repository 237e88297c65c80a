/** Sipwright at an address of its own, with the default ports: what a URI without a port leads to. */
import type { TestContext } from "node:test";
import { closing } from "./cleanup.ts";
import { ownHost } from "./ports.ts";
import { type Sipwright, type SipwrightOptions, startSipwright } from "./sipwright-process.ts";

export type OwnProxy = { readonly host: string; readonly sipwright: Sipwright };

/** `devices` and `more` are lines of its configuration. */
export async function startOwnProxy(
	t: TestContext,
	devices: readonly string[],
	more: readonly string[] = [],
	options: Omit<SipwrightOptions, "config"> = {},
): Promise<OwnProxy> {
	const host = ownHost();
	const config = [
		`listen: [ udp:${host}:5060, tls:${host}:5061 ]`,
		...more,
		"devices:",
		...devices.map((line) => `  ${line}`),
	].join("\n");
	const sipwright = await startSipwright({ ...options, config });
	closing(t, sipwright, (one) => one.stop());
	return { host, sipwright };
}
