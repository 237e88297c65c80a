import assert from "node:assert/strict";
import { test } from "node:test";
import { UdpFlows } from "../../core/transport/udp-flows.ts";
import { seeded } from "../support/seeded.ts";

test("RFC 5626 §2: a peer has one flow, however often it is heard", () => {
	const flows = new UdpFlows(3);
	const flow = flows.of("192.0.2.1", 5060);
	assert.deepEqual(flow, {
		transport: "udp",
		listener: 3,
		connection: 0,
		host: "192.0.2.1",
		port: 5060,
		serverName: undefined,
	});
	assert.equal(flows.of("192.0.2.1", 5060), flow);
	assert.notEqual(flows.of("192.0.2.1", 5061), flow);
	assert.notEqual(flows.of("192.0.2.2", 5060), flow);
});

test("RFC 5626 §2: peers that share a slot never get each other's flow", () => {
	const random = seeded(5626);
	const flows = new UdpFlows(1);
	const hosts = ["::", "::1", "192.0.2.1", "192.0.2.10", "198.51.100.7", "2001:db8::abcd"];
	for (let round = 0; round < 20_000; round += 1) {
		const host = random.pick(hosts);
		const port = 1 + random.below(65_535);
		const flow = flows.of(host, port);
		assert.equal(`${flow.host} ${flow.port}`, `${host} ${port}`);
	}
});
