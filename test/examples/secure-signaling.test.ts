/** examples/secure-signaling has the devices of the Secure SIP Signaling page, as its README says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadConfig } from "../../core/config/load.ts";
import { tempFolder } from "../support/temp-folder.ts";

const FILE = join(import.meta.dirname, "../../examples/secure-signaling/sipwright.yaml");

async function devices() {
	const loaded = await loadConfig(FILE);
	assert.ok(loaded.ok, JSON.stringify(loaded));
	return loaded.config.devices;
}

test("secure-signaling G11 G13 G14: the contacts of the page load, with scheme, host and transport", async () => {
	const contacts = [...(await devices()).values()].map(({ name, type, contact }) =>
		contact === "*"
			? [name, type, "*"]
			: [name, type, contact.scheme, contact.host, contact.port, contact.transport],
	);
	assert.deepEqual(contacts.sort(), [
		["5000", "Extension", "sip", "127.0.0.1", 5080, undefined],
		["5002", "ACD Position", "sips", "192.168.8.58", 5071, "tls"],
		["7789", "Extension", "*"],
		["cucm", "Voice over IP Service", "sips", "192.168.8.57", undefined, "tcp"],
		["fly", "Trunk", "sips", "fly.example.com", undefined, "tls"],
		["media", "Voice over IP Service", "sip", "10.0.0.9", 5061, "tls"],
	]);
});

test("secure-signaling G11: the same file with transport=udp under sips is refused, with place, device and fix", async (t) => {
	const [error, ...others] = await errorsOf(t, (text) =>
		text.replace("fly.example.com;transport=tls", "fly.example.com;transport=udp"),
	);
	assert.deepEqual(others, []);
	assert.ok(error);
	assert.equal(error.code, "CONFIG_CONTACT");
	assert.match(error.message, /device fly: .*sips cannot run over UDP/);
	assert.match(error.fix ?? "", /transport=tls/);
	const line = readFileSync(FILE, "utf8")
		.split("\n")
		.findIndex((text) => text.includes("fly:"));
	assert.equal(error.line, line + 1);
	assert.ok(error.column > 1);
});

async function errorsOf(t: TestContext, change: (text: string) => string) {
	const folder = tempFolder();
	t.after(() => folder.remove());
	const loaded = await loadConfig(
		folder.write("sipwright.yaml", change(readFileSync(FILE, "utf8"))),
	);
	return loaded.ok ? [] : loaded.errors;
}
