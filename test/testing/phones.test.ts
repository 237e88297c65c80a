/** The phones of the testing kit, with tests as an author writes them. */
import { equal, match, ok, test } from "../../core/testing/kit.ts";

test("a call between phones: they are there, registered, and acknowledge by themselves", ({
	phone,
}) => {
	const call = phone("1001").invite("1002");
	const ringing = phone("1002").receive("INVITE");
	equal(call.status, undefined);
	ringing.reply(180);
	call.expect(180);
	ringing.reply(200, { headers: { "X-Answered-By": ["desk", "hand"] }, body: "v=0\r\n" });
	const { body } = call.expect(200);
	equal(body, "v=0\r\n");
	phone("1002").receive("ACK");
	const bye = ringing.hangUp();
	phone("1001").receive("BYE").reply(200);
	bye.expect(200);
});

test("a call to 9… goes to the first trunk, and after 503 to the second", ({
	phone,
	decisions,
}) => {
	const call = phone("1001").invite("9123");
	const first = phone("berlin").receive("INVITE");
	equal(first.uri, "sip:00123@10.1.0.210");
	first.reply(503);
	phone("munich").receive("INVITE").reply(200);
	call.expect(200);
	equal(
		decisions.map(({ text, targets }) => [text, targets]),
		[["relay berlin 00123, munich (failover)", ["berlin 00123", "munich"]]],
	);
});

test("a trunk that says nothing: the next is called when Timer B is over", ({ phone, wait }) => {
	const call = phone("1001").invite("9123");
	phone("berlin").receive("INVITE");
	wait(31);
	phone("munich").receiveNothing();
	wait(2);
	phone("munich").receive("INVITE").reply(200);
	call.expect(200);
	equal(phone("berlin").received.filter(({ method }) => method === "INVITE").length, 7);
	phone("berlin").receiveNothing("INVITE");
});

test("a phone that cannot be reached fails the sending to it", ({ phone }) => {
	phone("berlin").reachable = false;
	phone("1001").invite("9123");
	phone("munich").receive("INVITE");
});

test("a fork: the first to answer gets the call, the other a CANCEL that it answers", ({
	phone,
}) => {
	const call = phone("1001").invite("both");
	const [hand, desk] = [phone("1002").receive("INVITE"), phone("fixed").receive("INVITE")];
	hand.reply(180);
	desk.reply(200);
	call.expect(200);
	ok(hand.cancelled);
	ok(!desk.cancelled);
	phone("1002").receive("CANCEL");
	phone("1002").receiveNothing();
});

test("a caller that gives up: CANCEL is answered 200 and the call 487", ({ phone }) => {
	const call = phone("1001").invite("1002");
	phone("1002").receive("INVITE").reply(180);
	call.cancel().expect(200);
	call.expect(487);
});

test("a challenge is answered with the password of the device, once", ({ phone }) => {
	const call = phone("1003").invite("1002");
	call.expect(407);
	match(call.sent.value("Proxy-Authorization"), /^Digest username="1003"/);
	phone("1002").receive("INVITE").reply(200);
	call.expect(200);
});

test("a challenge and a wrong password", ({ phone }) => {
	const stranger = phone("1003", { register: false, password: "sled" });
	const request = stranger.register();
	equal(request.status, 401);
	equal(request.responses.length, 2);
	phone("1001").invite("1003").expect(480);
});

test("registering later, elsewhere, and leaving again", ({ phone }) => {
	const late = phone("1002", { transport: "tls", register: false, scheme: "sips" });
	phone("1001").invite("1002").expect(480);
	match(late.register({ q: 0.5, expires: 600 }).expect(200).value("Contact"), /^<sips:.*q=0.5/);
	phone("1001").invite("1002");
	match(late.receive("INVITE").uri, /^sips:1002@/);
	late.register({ expires: 0 }).expect(200);
	phone("1001").invite("1002").expect(480);
});

test("RFC 3261 §12.2.1.2 §12.2.2: a re-INVITE moves either side, and what follows goes there", ({
	phone,
}) => {
	const call = phone("1001").invite("1002");
	const callee = phone("1002").receive("INVITE");
	callee.reply(200);
	const hold = call.reinvite({ contact: "<sip:1001@10.1.0.11:5062>" });
	const again = phone("1002").receive("INVITE");
	again.reply(200, { contact: "<sip:1002@10.1.0.12:5064>" });
	hold.expect(200);
	equal(call.hangUp().sent.uri, "sip:1002@10.1.0.12:5064");
	equal(again.request("INFO").sent.uri, "sip:1001@10.1.0.11:5062");
});

test("REFER within a call, and requests outside one", ({ phone }) => {
	const call = phone("1001").invite("1002");
	phone("1002").receive("INVITE").reply(200);
	const transfer = call.refer("fixed");
	const refer = phone("1002").receive("REFER");
	equal(refer.value("Refer-To"), "<sip:fixed@example.com>");
	refer.reply(202);
	transfer.expect(202);
	const hello = phone("1001").request("MESSAGE", "fixed", { body: "hello" });
	equal(phone("fixed").receive("MESSAGE").body, "hello");
	hello.cancel();
});

test("a 200 without Contact and a redirection with one", ({ phone }) => {
	const call = phone("1001").invite("1002");
	phone("1002").receive("INVITE").reply(200, { contact: "" });
	equal(call.expect(200).value("Contact"), "");
	const moved = phone("1001").invite("fixed");
	phone("fixed").receive("INVITE").reply(302, { contact: "<sip:other@example.com>" });
	equal(moved.expect(302).value("Contact"), "<sip:other@example.com>");
});

test("a device whose contact is sips is there over TLS", ({ phone }) => {
	phone("1001").invite("secure");
	const invite = phone("secure").receive("INVITE");
	match(invite.values("Via")[0] ?? "", /^SIP\/2\.0\/TLS 192\.0\.2\.1:5061/);
});

test("a stranger is at an untrusted address, or where the test says", ({ phone }) => {
	match(phone("mallory").contact, /^<sip:mallory@203\.0\.113\.\d+:5060>$/);
	const carrier = phone("carrier", { at: "sbc.example.net:5080", transport: "tls" });
	equal(carrier.contact, "<sip:carrier@sbc.example.net:5080;transport=tls>");
	carrier.invite("1002");
	phone("1002").receive("INVITE");
});

test("OPTIONS is answered by itself", ({ phone }) => {
	phone("1001").request("OPTIONS", "1002").expect(200);
	phone("1002").receiveNothing();
});
