/** Blind transfer (RFC 5589 §6) between softphones of both schemes: who is referred calls the third in the scheme it speaks. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closing } from "../support/cleanup.ts";
import { uriOf } from "../support/dialog.ts";
import { startOwnProxy } from "../support/own-proxy.ts";
import { assertItsScheme, dials, hangsUp } from "../support/softphone-steps.ts";
import { type Softphone, startBaresip, startLinphone } from "../support/softphones.ts";
import type { WireMessage } from "../support/wire-message.ts";

/** linphonec for sips, baresip over UDP for sip. */
const SCHEMES: Record<string, "sip" | "sips"> = {
	"7789": "sips",
	"7790": "sips",
	"5000": "sip",
	"6000": "sip",
};

type Transfer = {
	readonly title: string;
	readonly transferor: string;
	readonly transferee: string;
	readonly target: string;
	readonly ports?: boolean;
};

const TRANSFERS: readonly Transfer[] = [
	{
		title: "linphonec with sips refers baresip with sip to another baresip",
		...{ transferor: "7789", transferee: "5000", target: "6000" },
	},
	{
		title: "linphonec with sips refers baresip with sip to another linphonec with sips",
		...{ transferor: "7789", transferee: "5000", target: "7790", ports: true },
	},
	{
		title: "baresip with sip refers linphonec with sips to another baresip",
		...{ transferor: "5000", transferee: "7789", target: "6000" },
	},
	{
		title: "baresip with sip refers linphonec with sips to another linphonec",
		...{ transferor: "5000", transferee: "7789", target: "7790", ports: true },
	},
];

for (const { title, transferor, transferee, target, ports } of TRANSFERS)
	test(`secure-signaling E9: ${title}${ports ? ", naming ports" : ""}`, async (t) => {
		const { host } = await startOwnProxy(t, {
			devices: Object.keys(SCHEMES).map((user) => `"${user}": { type: Extension, contact: "*" }`),
		});
		const [from, to, third] = await Promise.all(
			[transferor, transferee, target].map((user) => start(t, user, host, ports)),
		);
		assert.ok(from && to && third);
		await dials(from, to);
		from.transfer(third.user);
		const refer = await to.wire.request("REFER");
		const number = `${to.scheme}:${third.user}@${proxy(to.user, host, ports)}`;
		assert.equal(uriOf(refer.value("Refer-To")), number);
		const invite = await third.wire.request("INVITE");
		await third.wire.request("ACK");
		await from.wire.request("NOTIFY", ({ body }) => body.startsWith("SIP/2.0 200"));
		assert.equal((await to.wire.sent("INVITE", sameCall(invite))).uri, number);
		await hangsUp(third, to);
		for (const phone of [from, to, third]) assertItsScheme(phone);
	});

async function start(
	t: TestContext,
	user: string,
	host: string,
	ports?: boolean,
): Promise<Softphone> {
	const at = proxy(user, host, ports);
	const phone =
		SCHEMES[user] === "sips"
			? await startLinphone(user, at)
			: await startBaresip(user, at, { transport: "udp" });
	return closing(t, phone, (one) => one.stop());
}

/** Where a phone finds Sipwright: by the default port of its scheme, or by that port's number. */
function proxy(user: string, host: string, ports?: boolean): string {
	if (ports !== true) return host;
	return `${host}:${SCHEMES[user] === "sips" ? 5061 : 5060}`;
}

function sameCall(invite: WireMessage): (other: WireMessage) => boolean {
	return (other) => other.value("Call-ID") === invite.value("Call-ID");
}
