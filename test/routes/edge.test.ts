import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../core/config/load.ts";
import { scriptDevices } from "../../core/script/script-device.ts";
import { loadFile, request } from "../script/harness.ts";
import { inWords } from "./built-in.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/edge");

test("examples/edge: everything goes to the core, and what the core sends without our Path ends here", async (t) => {
	const loaded = await loadConfig(join(EXAMPLE, "sipwright.yaml"));
	assert.ok(loaded.ok, JSON.stringify(loaded));
	const { routes = "", devices } = loaded.config;
	const { ask } = await loadFile(t, routes, { devices: scriptDevices(devices.values()) });
	const stranger = { trusted: false };
	const core = { trusted: true, device: "core" };
	assert.equal(inWords(ask(request("REGISTER", "sip:example.com"), stranger)), "relay core");
	const invite = request("INVITE", "sip:1002@example.com");
	assert.equal(inWords(ask(invite, stranger)), "relay core");
	assert.equal(inWords(ask(invite, core)), "404");
	assert.equal(inWords(ask(request("OPTIONS", "sip:127.0.0.1"), stranger)), "200");
});
