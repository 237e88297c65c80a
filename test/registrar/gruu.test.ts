import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceOfGruu, publicGruu } from "../../core/message/instance-id.ts";
import { parseUri } from "../../core/message/uri.ts";
import { answer, headers, Registration } from "./phone.ts";

const UUID = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
const GRUU = `sip:1001@sip.example.com;gr=${UUID}`;
const contact = (host: string, urn = UUID) => `Contact: <sip:a@${host}>;+sip.instance="<${urn}>"`;
const SUPPORTED = "Supported: path, gruu";

test("RFC 5627 §5.2 RG-38: each instance is told its public GRUU, in the list of a fetch too, where it asks for it", () => {
	const phone = new Registration();
	const told = `<sip:a@h>;+sip.instance="<${UUID}>";pub-gruu="${GRUU}";expires=3600`;
	assert.deepEqual(headers(phone.send([contact("h"), SUPPORTED]), "Contact"), [told]);
	const other = "urn:uuid:00000000-0000-1000-8000-000a95a0e128";
	phone.send([contact("h2", other), "Contact: <sip:plain@h>"]);
	assert.deepEqual(headers(phone.send([SUPPORTED]), "Contact"), [
		told,
		`<sip:a@h2>;+sip.instance="<${other}>";pub-gruu="sip:1001@sip.example.com;gr=${other}";expires=3600`,
		"<sip:plain@h>;expires=3600",
	]);
	const unasked = headers(phone.send([]), "Contact").join();
	assert.doesNotMatch(unasked, /gruu/);
});

test("RFC 5627 §5.2 RG-38: gruu is neither required nor supported by the response, and may be required of us", () => {
	const result = new Registration().send([contact("h"), SUPPORTED, "Require: gruu"]);
	assert.equal(answer(result), "200");
	assert.deepEqual([...headers(result, "Require"), ...headers(result, "Supported")], []);
});

test("RFC 5627 §5.1 RG-38: what a device says its GRUU is counts for nothing", () => {
	const phone = new Registration();
	const claimed = ';pub-gruu="sip:9@h;gr=x";Temp-Gruu="sip:8@h;gr";x=1';
	const result = phone.send([contact("h") + claimed, SUPPORTED]);
	const told = `<sip:a@h>;+sip.instance="<${UUID}>";x=1;pub-gruu="${GRUU}";expires=3600`;
	assert.deepEqual(headers(result, "Contact"), [told]);
});

test("RFC 5630 §5.2.1, RFC 5627 §5.1 RG-38 SIPS-25: the GRUU has the scheme of the Contact, and the address as To has it", () => {
	const phone = new Registration();
	const sips = `Contact: <sips:a@h>;+sip.instance="<${UUID}>"`;
	const to = "Phone <sip:1001@SIP.example.com:5080;user=phone>";
	const [shown = ""] = headers(phone.sendSecure([sips, SUPPORTED], { to }), "Contact");
	assert.match(shown, new RegExp(`;pub-gruu="sips:1001@SIP.example.com:5080;gr=${UUID}";`));
});

test("RFC 5627 §5.1 RG-38: an instance whose Contact is its own address, a GRUU of it, or no SIP URI gets 403", () => {
	const phone = new Registration();
	const refused = (uri: string) =>
		answer(phone.send([`Contact: <${uri}>;+sip.instance="<${UUID}>"`]));
	assert.equal(refused("sip:1001@SIP.example.com"), "403 Contact Is Its Own Address");
	assert.equal(refused(GRUU), "403 Contact Is Its Own Address");
	assert.equal(refused("mailto:1001@example.com"), "403 Contact of an Instance Is No SIP URI");
	assert.deepEqual(phone.bindings, []);
	assert.equal(answer(phone.send(["Contact: <mailto:1001@example.com>"])), "200");
	const off = new Registration({ gruu: false });
	assert.equal(answer(off.send([`Contact: <${GRUU}>;+sip.instance="<${UUID}>"`])), "200");
	assert.doesNotMatch(headers(off.send([contact("h"), SUPPORTED]), "Contact").join(), /gruu/);
});

test("RFC 5627 §5.4 RG-38: an instance is read back from its GRUU, whatever characters it has; one that is no URN gets none", () => {
	const address = parseUri("sip:b%20b:secret@example.com;user=phone");
	for (const instance of [UUID, "urn:x:a;b=c@d?e%20", "urn:esn:00A0[1]"]) {
		const gruu = publicGruu(address, "sip", instance) ?? assert.fail();
		assert.equal(gruu.startsWith("sip:b%20b@example.com;gr=urn:"), true, gruu);
		assert.equal(instanceOfGruu(parseUri(gruu)), instance);
	}
	assert.equal(instanceOfGruu(parseUri(GRUU.toUpperCase().replace("GR=", "gr="))), UUID);
	assert.equal(publicGruu(address, "sip", "00A0"), undefined);
	assert.equal(instanceOfGruu(parseUri("sip:a@h;gr")), "");
	assert.equal(instanceOfGruu(parseUri("sip:a@h;gr=00A0")), "");
	assert.equal(instanceOfGruu(parseUri("sip:a@h;x=1")), undefined);
});
