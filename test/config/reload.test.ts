/** The block `reload`: defaults, a canary that says whose requests it is for, and what is wrong with one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { read, readGood } from "./reading.ts";

const DEVICES = 'devices: { "1001": { type: Extension, contact: "*" } }\n';

test("architecture §5: without a block: no canary, and a rollback beyond 10 percent of 50 requests in 10 minutes", async (t) => {
	const { canary, rollback, shadow } = (await readGood(t, "")).reload;
	assert.deepEqual([canary, shadow], [undefined, undefined]);
	assert.deepEqual(rollback, { failed: 10, asked: 50, seconds: 600 });
});

test("architecture §5: a canary by share, device, network and prefix", async (t) => {
	const keys =
		'share: 5, devices: ["1001"], networks: [10.1.0.0/16], prefixes: ["+4930"], seconds: off';
	const { reload } = await readGood(
		t,
		`reload: { canary: { ${keys} }, rollback: { failed: off } }\n${DEVICES}`,
	);
	const { networks, ...canary } = reload.canary ?? assert.fail();
	assert.deepEqual(canary, { share: 5, devices: ["1001"], prefixes: ["+4930"], seconds: Infinity });
	assert.equal(networks.contains("10.1.2.3"), true);
	assert.deepEqual(reload.rollback, { failed: Infinity, asked: 50, seconds: 600 });
});

test("a canary for nobody, of a device that there is not, or with a key or value that is wrong, is an error with its place", async (t) => {
	const wrong = async (yaml: string) => (await read(t, `${yaml}\n${DEVICES}`)).errors;
	assert.deepEqual(await wrong("reload: { canary: { seconds: 60 } }"), [
		"1:19 error CONFIG_REQUIRED reload: canary does not say whose requests are tried → write share: 5, or devices, networks or prefixes",
	]);
	assert.deepEqual(await wrong('reload: { canary: { devices: ["1001", "1010"] } }'), [
		'1:39 error CONFIG_VALUE reload: canary: there is no device "1010" → write 1001',
	]);
	assert.deepEqual(await wrong("reload: { canary: { share: 0 } }"), [
		'1:28 error CONFIG_VALUE share: "0" is out of range → write share: a number, 1 to 100',
	]);
	assert.deepEqual(await wrong("reload: { canary: { share: 5, device: [1001] } }"), [
		'1:31 error CONFIG_UNKNOWN_KEY reload: canary has no key "device" → write devices',
	]);
	assert.deepEqual(await wrong("reload: { rollback: { failed: 5 %, asked: 0 } }"), [
		'1:31 error CONFIG_VALUE failed: "5 %" is neither a whole number nor off → write failed: a number, 1 to 100, or off',
		'1:43 error CONFIG_VALUE asked: "0" is out of range → write asked: a number, 1 to 1000000',
	]);
});

test("a shadow names scripts that are there, and asks about a tenth of the requests unless it says otherwise", async (t) => {
	const there = await read(t, "reload: { shadow: { routes: ./next } }", { "next/default.ts": "" });
	const { routes, share } = there.config?.reload.shadow ?? assert.fail();
	assert.deepEqual([routes, share], [`${there.folder.path}/next`, 10]);
	assert.deepEqual((await read(t, "reload: { shadow: { share: 5 } }")).errors, [
		"1:19 error CONFIG_REQUIRED reload: shadow does not say which scripts are asked → write routes: ./routes-next",
	]);
	assert.deepEqual((await read(t, "reload: { shadow: { routes: ./next } }")).errors, [
		"1:29 error CONFIG_FILE reload: shadow: next does not exist → write the path of a script, or of a folder with default.ts",
	]);
});
