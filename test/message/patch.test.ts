import assert from "node:assert/strict";
import { test } from "node:test";
import { addContentLength } from "../../core/message/content-length.ts";
import { decrementMaxForwards } from "../../core/message/max-forwards.ts";
import { Patch, spell } from "../../core/message/patch.ts";
import { popRoute, pushRecordRoute, pushRoute } from "../../core/message/route.ts";
import { popVia, pushVia } from "../../core/message/via-stack.ts";
import { seeded } from "../support/seeded.ts";
import { ok, options, request, response } from "./texts.ts";

const edit = (text: string, change: (patch: Patch) => unknown) => {
	const patch = new Patch(request(text));
	change(patch);
	return patch.text();
};
const has = (text: string, lines: string) => assert.ok(text.includes(lines), text);

test("RFC 3261 §16.6 step 1: a patch without edits is the message as received", () => {
	const text = options({ "x-odd ": "a\r\n b" }, "body");
	assert.equal(new Patch(request(text)).text(), text);
});

test("RFC 3261 §16.6: the usual edits of a proxy touch their own lines only", () => {
	const text = edit(options({ "X-Last": "1" }, "body"), (patch) => {
		pushVia(patch, "SIP/2.0/TCP us;branch=z9hG4bK2");
		decrementMaxForwards(patch);
		pushRecordRoute(patch, "<sip:us;lr>");
		patch.requestUri("sips:c@example.com");
		addContentLength(patch);
	});
	assert.equal(
		text,
		[
			"OPTIONS sips:c@example.com SIP/2.0",
			"Via: SIP/2.0/TCP us;branch=z9hG4bK2",
			"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
			"Record-Route: <sip:us;lr>",
			"Max-Forwards: 69",
			"From: <sip:a@example.com>;tag=1",
			"To: <sip:b@example.com>",
			"Call-ID: c@192.0.2.1",
			"CSeq: 1 OPTIONS",
			"X-Last: 1",
			"Content-Length: 4",
			"",
			"body",
		].join("\r\n"),
	);
});

test("RFC 3261 §16.6 step 3: Max-Forwards is decremented, or set to 70", () => {
	has(edit(options({ "Max-Forwards": " 0068 " }), decrementMaxForwards), "Max-Forwards:  67 \r\n");
	has(
		edit(options({ "Max-Forwards": undefined }), decrementMaxForwards),
		"Max-Forwards: 70\r\n\r\n",
	);
	has(edit(options({ "Max-Forwards": "0" }), decrementMaxForwards), "Max-Forwards: 0\r\n");
});

test("RFC 3261 §16.6 step 9 MSG-25: Content-Length is added only where it is missing", () => {
	has(edit(options({}, "12345"), addContentLength), "Content-Length: 5\r\n\r\n12345");
	const text = options({ l: "5" }, "12345");
	assert.equal(edit(text, addContentLength), text);
	has(edit(options(), addContentLength), "Content-Length: 0\r\n");
});

test("RFC 3261 §16.7 step 3: the top Via goes, alone in its line or in a list", () => {
	const pop = (Via: string | string[]) => {
		const patch = new Patch(response(ok({ Via })));
		popVia(patch);
		return patch.text().split("\r\n")[1];
	};
	assert.equal(pop(["SIP/2.0/UDP us", "SIP/2.0/UDP them"]), "Via: SIP/2.0/UDP them");
	assert.equal(pop("SIP/2.0/UDP us, SIP/2.0/UDP them"), "Via: SIP/2.0/UDP them");
	assert.equal(
		pop("SIP/2.0/UDP us;branch=1 ,\r\n SIP/2.0/UDP them , SIP/2.0/UDP x"),
		"Via: SIP/2.0/UDP them , SIP/2.0/UDP x",
	);
	assert.equal(pop("SIP/2.0/UDP us"), "From: <sip:a@example.com>;tag=1");
});

test("RFC 3261 §16.6 step 8: a Via goes above the others, before every header if there is none", () => {
	const patch = new Patch(response(ok({ Via: "SIP/2.0/UDP one", v: "SIP/2.0/UDP two" })));
	pushVia(pushVia(patch, "SIP/2.0/UDP b"), "SIP/2.0/UDP a");
	has(
		patch.text(),
		"200 OK\r\nVia: SIP/2.0/UDP a\r\nVia: SIP/2.0/UDP b\r\nVia: SIP/2.0/UDP one\r\n",
	);
});

test("RFC 5658 §5: the second Record-Route pushed stands above the first", () => {
	const push = (patch: Patch) =>
		pushRecordRoute(pushRecordRoute(patch, "<sip:in;lr>"), "<sip:out;lr>");
	const pair = "Record-Route: <sip:out;lr>\r\nRecord-Route: <sip:in;lr>\r\n";
	has(edit(options(), push), `branch=z9hG4bK1\r\n${pair}Max-Forwards`);
	has(edit(options({ "record-route": "<sip:x>" }), push), `${pair}record-route: <sip:x>\r\n`);
	has(
		edit(options({ Route: "<sip:x;lr>" }), (patch) => pushRoute(patch, "<sip:y;lr>")),
		"Route: <sip:y;lr>\r\nRoute: <sip:x;lr>\r\n",
	);
});

test("RFC 3261 §16.4 MSG-06: Route values go one by one, with their commas, then with their line", () => {
	const routes = ["<sip:a>", "<sip:b> ,  <sip:c>,<sip:d>", "<sip:e>"];
	const without = (...gone: number[]) => {
		const text = edit(options({ Route: routes }), (patch) => {
			for (const index of gone) popRoute(patch, patch.message.head.elements("route")[index]);
		});
		return text
			.split("\r\n")
			.filter((line) => line.startsWith("Route"))
			.map((line) => line.slice(7));
	};
	assert.deepEqual(without(), routes);
	assert.deepEqual(without(0), routes.slice(1));
	assert.deepEqual(without(1), ["<sip:a>", "<sip:c>,<sip:d>", "<sip:e>"]);
	assert.deepEqual(without(2), ["<sip:a>", "<sip:b> ,  <sip:d>", "<sip:e>"]);
	assert.deepEqual(without(3), ["<sip:a>", "<sip:b> ,  <sip:c>", "<sip:e>"]);
	assert.deepEqual(without(3, 2), ["<sip:a>", "<sip:b>", "<sip:e>"]);
	assert.deepEqual(without(1, 3), ["<sip:a>", "<sip:c>", "<sip:e>"]);
	assert.deepEqual(without(1, 2, 3, 1), ["<sip:a>", "<sip:e>"]);
	assert.deepEqual(without(0, 1, 2, 3, 4), []);
	assert.equal(
		edit(options({ Route: routes }), (patch) => popRoute(patch)).includes("<sip:a>"),
		false,
	);
	assert.equal(
		edit(options(), (patch) => popRoute(patch)),
		options(),
	);
});

test("RFC 3261 §7.3.1: set leaves one header of the name, in the first one's place", () => {
	const text = options({ Subject: ["one", "two"], s: "three", "X-A": "b" });
	has(
		edit(text, (patch) => patch.set("subject", "new")),
		"OPTIONS\r\nSubject: new\r\nX-A: b\r\n\r\n",
	);
	has(
		edit(text, (patch) => patch.set("call-info", "<x>").set("call-info", "<y>")),
		"X-A: b\r\nCall-Info: <y>\r\n\r\n",
	);
	has(
		edit(text, (patch) => patch.set("x-a", "1").set("x-a", "2")),
		"X-A: 2\r\n\r\n",
	);
	has(
		edit(text, (patch) => patch.set("user-agent", "me", "USER-Agent")),
		"USER-Agent: me\r\n",
	);
	has(
		edit(text, (patch) => patch.remove("subject")),
		"OPTIONS\r\nX-A: b\r\n\r\n",
	);
	assert.equal(
		edit(text, (patch) => patch.remove("x-none")),
		text,
	);
});

test("RFC 3261 §7.3.1: lines go above and below others in the order asked for", () => {
	const text = edit(options(), (patch) => {
		patch.prependLine("B", "1").prependLine("A", "1").append("Y", "1").append("Z", "1");
		patch.insertAfter(0, "V", "1").insertBefore(1, "U", "1").removeLine(0);
	});
	const names = text
		.split("\r\n")
		.slice(1, -2)
		.map((line) => line.split(":")[0]);
	assert.deepEqual(names, [
		"A",
		"B",
		"U",
		"V",
		"Max-Forwards",
		"From",
		"To",
		"Call-ID",
		"CSeq",
		"Y",
		"Z",
	]);
});

test("RFC 3261 §20.14 MSG-24: a new body brings its Content-Length", () => {
	has(
		edit(options({ "content-length": "3", "X-A": "b" }, "abc"), (patch) => patch.body("\xff1234")),
		"content-length: 5\r\nX-A: b\r\n\r\n\xff1234",
	);
	has(
		edit(options(), (patch) => patch.body("x")),
		"Content-Length: 1\r\n\r\nx",
	);
});

test("RFC 3261 §25 MSG-41: CR, LF and NUL in a value are refused", () => {
	const patch = new Patch(request(options()));
	const injection = { name: "EditError", code: "SIP_EDIT_INJECTION" };
	for (const bad of ["a\r\nVia: x", "a\nb", "a\rb", "a\0b"]) {
		assert.throws(() => patch.set("x", bad), injection);
		assert.throws(() => patch.set("via", bad), injection);
		assert.throws(() => patch.append("X", bad), injection);
		assert.throws(() => patch.prependLine("X", bad), injection);
		assert.throws(() => patch.insertBefore(0, "X", bad), injection);
		assert.throws(() => patch.append(bad, "x"), injection);
		assert.throws(() => patch.requestUri(bad), injection);
	}
	for (const name of ["", "a b", "a:", "\xe9"])
		assert.throws(() => patch.append(name, "x"), injection);
	for (const uri of ["", "sip:a b"]) assert.throws(() => patch.requestUri(uri), injection);
	assert.throws(() => new Patch(response(ok())).requestUri("sip:a"), injection);
	assert.equal(patch.text(), options(), "what was refused left nothing behind");
});

test("RFC 3261 §16.6: the later of two texts for one span counts, overlapping ones are refused", () => {
	const patch = new Patch(request(options()));
	patch.replace(8, 11, "sips").replace(8, 11, "tel");
	has(patch.text(), "OPTIONS tel:b@example.com SIP/2.0");
	patch.replace(12, 13, "c").replace(8, 13, "sip:d");
	has(patch.text(), "OPTIONS sip:d@example.com SIP/2.0");
	patch.replace(9, 14, "x");
	assert.throws(() => patch.text(), { code: "SIP_EDIT_OVERLAP" });
});

test("RFC 3261 §16.6: an edit inside a line that goes, goes with it", () => {
	const text = edit(options({ Route: "<sip:a>,<sip:b>" }), (patch) => {
		const { head } = patch.message;
		const line = head.first("route");
		const [first] = head.routes;
		patch.replace(first?.uriStart ?? 0, first?.uriEnd ?? 0, "sip:changed").removeLine(line);
	});
	assert.equal(text, options());
});

test("RFC 3261 §7.3.1: known names get their usual spelling", () => {
	const spellings = ["call-id", "cseq", "www-authenticate", "record-route", "x-my-header"].map(
		spell,
	);
	assert.deepEqual(spellings, [
		"Call-ID",
		"CSeq",
		"WWW-Authenticate",
		"Record-Route",
		"X-My-Header",
	]);
});

type Random = ReturnType<typeof seeded>;

test("RFC 3261 §16.6 step 1 MSG-46: whatever is edited, every other octet stays", () => {
	for (let seed = 1; seed <= 400; seed += 1) {
		const random = seeded(seed);
		const text = randomMessage(random);
		const { head } = request(text);
		const patch = new Patch(request(text));
		let wanted = text.slice(0, head.lineStart(0));
		for (let line = 0; line < head.count; line += 1) wanted += editLine(patch, line, random);
		wanted += text.slice(head.end);
		assert.equal(patch.text(), wanted, `seed ${seed}`);
		assert.equal(patch.text(), wanted, `seed ${seed}, asked twice`);
	}
});

function randomMessage(random: Random): string {
	const changes: Record<string, string[]> = {};
	for (const name of ["X-A", "X-B", "Subject", "Supported", "k", "Route"])
		changes[name] = Array.from({ length: random.below(4) }, () => {
			return `<sip:${random.below(99)}>,\r\n\t<sip:${random.below(99)}>`;
		});
	return options(changes, "\0\xff".repeat(random.below(9)));
}

/** Edits a line or leaves it, and says what must come out. */
function editLine(patch: Patch, line: number, random: Random): string {
	const { head, text } = patch.message;
	const whole = text.slice(head.lineStart(line), head.lineEnd(line));
	switch (random.below(5)) {
		case 0:
			patch.removeLine(line);
			return "";
		case 1:
			patch.replace(head.valueStart(line), head.valueEnd(line), "new");
			return `${head.name(line)}: new\r\n`;
		case 2:
			patch.insertBefore(line, "I", String(line));
			return `I: ${line}\r\n${whole}`;
		default:
			return whole;
	}
}
