import assert from "node:assert/strict";
import { test } from "node:test";
import { reply } from "../support/decisions.ts";
import { ExchangeRig } from "../support/exchange-rig.ts";
import { rigConfig } from "../support/rig-config.ts";

const config = await rigConfig();

test("RFC 5923 §8.2 TR-42: alias in the top Via offers the connection for the port of sent-by, where the client proved who it is", () => {
	const offered: (readonly [host: string, port: number])[] = [];
	const rig = new ExchangeRig({
		config,
		routes: () => reply(404),
		alias: ({ host }, port) => offered.push([host, port]),
	});
	const peer = rig.phone("sbc", { host: "198.51.100.7", transport: "tls", port: 40_000 });
	const send = (via: string, identities?: readonly string[]) => {
		const text = peer.write("OPTIONS", "sips:5000@172.21.83.50:5314");
		rig.receive(text.replace(/^Via: .*$/m, `Via: SIP/2.0/TLS ${via}`), {
			...peer.flow,
			identities,
		});
	};
	const proved = ["sbc.example.com"];
	send("sbc.example.com;branch=z9hG4bK1;alias", proved);
	send("sbc.example.com:5071;alias;branch=z9hG4bK2", proved);
	assert.deepEqual(offered.splice(0), [
		["198.51.100.7", 5061],
		["198.51.100.7", 5071],
	]);
	send("sbc.example.com;branch=z9hG4bK3", proved);
	send("sbc.example.com;branch=z9hG4bK4;alias");
	assert.deepEqual(offered, []);
	assert.equal(peer.received.length, 4, "all are served");
});
