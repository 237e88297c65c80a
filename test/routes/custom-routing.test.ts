import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadConfig } from "../../core/config/load.ts";
import { scriptDevices } from "../../core/script/script-device.ts";
import { loadFile, request } from "../script/harness.ts";
import { inWords } from "./built-in.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/custom-routing");

/** The script with the devices of the configuration beside it. */
async function example(t: TestContext) {
	const loaded = await loadConfig(join(EXAMPLE, "sipwright.yaml"));
	assert.ok(loaded.ok, JSON.stringify(loaded));
	const { routes = "", devices } = loaded.config;
	return loadFile(t, routes, { devices: scriptDevices(devices.values()) });
}

test("examples/custom-routing: strangers authenticate, and register nobody but themselves", async (t) => {
	const { ask } = await example(t);
	const register = request("REGISTER", "sip:127.0.0.1", { to: "<sip:1001@127.0.0.1>" });
	const stranger = { trusted: false };
	assert.equal(inWords(ask(register, stranger)), "challenge");
	const as = (device: string) => ({ ...stranger, device, authenticated: true });
	assert.equal(inWords(ask(register, as("1001"))), "save");
	assert.equal(inWords(ask(register, as("1002"))), "403");
	assert.equal(inWords(ask(request("INVITE", "sip:5000@127.0.0.1"), stranger)), "challenge");
});

test("examples/custom-routing: secure-signaling G2 G6: a sips device gets a sips leg, a sip device keeps sip", async (t) => {
	const { ask } = await example(t);
	const callee = (number: string) => {
		const answer = ask(request("INVITE", `sip:${number}@127.0.0.1`));
		return [inWords(answer), "callee" in answer ? answer.callee : "no leg"];
	};
	assert.deepEqual(callee("5001"), ["relay 5001", "sips"]);
	assert.deepEqual(callee("5000"), ["relay 5000", undefined]);
	assert.deepEqual(callee("1001"), ["relay 1001", undefined]);
	assert.deepEqual(callee("6000"), ["404", "no leg"]);
});
