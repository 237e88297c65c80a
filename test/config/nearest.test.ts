/** The word that was probably meant. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "../../core/config/nearest.ts";

const KEYS = ["listen", "tls", "trusted", "routes", "devices", "secure-signaling"];

test("slips of the keyboard lead to the key that was meant", () => {
	const slips = {
		lisen: "listen",
		lsiten: "listen",
		Listen: "listen",
		trustd: "trusted",
		device: "devices",
		"secure-signalling": "secure-signaling",
		tsl: "tls",
	};
	for (const [slip, meant] of Object.entries(slips)) assert.equal(nearest(slip, KEYS), meant, slip);
});

test("a word that resembles none leads nowhere", () => {
	for (const word of ["", "x", "elephant", "certificate", "udp"])
		assert.equal(nearest(word, KEYS), undefined, word);
	assert.equal(nearest("anything", []), undefined);
});
