import { configured, match } from "sipwright/test";

const test = configured({
	routes: "./sips-for-one.ts",
	listen: ["udp:127.0.0.1:5060", "tls:127.0.0.1:5061"],
	devices: {
		bank: { type: "Extension", contact: "*" },
		baker: { type: "Extension", contact: "*" },
		carrier: { type: "Trunk", prefix: "9", contact: "sip:carrier.example.com" },
	},
});

test("the bank's call leaves as sips, over TLS", ({ phone }) => {
	const carrier = phone("carrier", { at: "carrier.example.com:5061", transport: "tls" });
	phone("bank", { transport: "tls", scheme: "sips" }).invite("9123");
	const invite = carrier.receive("INVITE");
	match(invite.uri, /^sips:9123@/);
	match(invite.values("Via")[0] ?? "", /^SIP\/2\.0\/TLS/);
});

test("the bank's call in clear is refused", ({ phone }) => {
	phone("bank").invite("9123").expect(403);
	phone("carrier").receiveNothing();
});

test("everybody else's leaves as sip", ({ phone }) => {
	phone("baker").invite("9123");
	match(phone("carrier").receive("INVITE").uri, /^sip:9123@/);
});
