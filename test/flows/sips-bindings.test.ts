import assert from "node:assert/strict";
import { test } from "node:test";
import { testBed } from "../support/test-bed.ts";

const bed = await testBed();

test("RFC 5630 §4.1, secure-signaling G16a SIPS-23: a sips binding and a sip binding are each called from both schemes, in the scheme of the binding", () => {
	for (const bound of ["sips", "sip"] as const) {
		const rig = bed.rig();
		const contact = `<${bound}:7789@172.21.83.24:49152>`;
		const place = { transport: "tls", host: "172.21.83.24", port: 49_152, contact } as const;
		const phone = rig.phone("7789", place);
		const aor = `${bound}:7789@172.21.83.50`;
		phone.request("REGISTER", `${bound}:172.21.83.50`, { from: aor, to: aor });
		assert.equal(phone.take(200).values("Contact").length, 1);
		const inClear = rig.phone("6000", { host: "172.21.83.70" });
		const secured = rig.phone("6001", {
			...{ transport: "tls", host: "172.21.83.71", contact: "<sips:6001@172.21.83.71:5061>" },
		});
		for (const [caller, scheme] of [
			[inClear, "sip"],
			[secured, "sips"],
		] as const) {
			caller.request("INVITE", `${scheme}:7789@172.21.83.50`);
			const invite = phone.take("INVITE");
			assert.equal(invite.uri, `${bound}:7789@172.21.83.24:49152`);
			assert.equal(invite.value("To"), `<${bound}:7789@172.21.83.50>`);
			phone.answer(invite, "200 OK");
			const final = caller.take(200);
			assert.equal(final.value("To").startsWith(`<${scheme}:7789@`), true);
			assert.equal(final.value("Contact").startsWith(`<${scheme}:`), true);
		}
	}
});
