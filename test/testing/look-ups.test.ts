/** What a script of a test asks of the name servers and of the registrar: RFC 2782, RFC 3403, RFC 3261 §10.3. */
import { configured, equal } from "../../core/testing/kit.ts";

const test = configured({
	listen: ["udp:0.0.0.0:5060"],
	domains: ["example.com"],
	trusted: ["10.1.0.0/24"],
	routes: "./routes/look-ups.ts",
	devices: {
		"1001": { type: "Extension", contact: "*" },
		"1002": { type: "Extension", contact: "*" },
		fixed: { type: "Extension", contact: "sip:fixed@10.1.0.200" },
	},
});

test("dns: the test says what the name servers know; a name without records has none", (bed) => {
	const srv = { priority: 1, weight: 2, port: 5060, target: "sip.example.com" };
	const naptr = { order: 1, preference: 2, flags: "s", service: "SIP+D2U", replacement: "x" };
	bed.dns("A", "Sip.example.com", ["192.0.2.1", "192.0.2.2"]);
	bed.dns("AAAA", "sip.example.com", ["2001:db8::1"]);
	bed.dns("SRV", "_sip._udp.example.com", [srv]);
	bed.dns("NAPTR", "example.com", [naptr]);
	bed.dns("A", "broken.example.com", "failed");
	const said = (user: string) =>
		bed.phone("1001").invite(`sip:${user}@example.com`).responses.at(-1)?.startLine.slice(8);
	equal(said("a!sip.example.com"), "200 192.0.2.1 192.0.2.2");
	equal(said("aaaa!sip.example.com"), "200 2001:db8::1");
	equal(JSON.parse(said("srv!_sip._udp.example.com")?.slice(4) ?? "")[0].target, srv.target);
	equal(JSON.parse(said("naptr!example.com")?.slice(4) ?? "")[0].service, naptr.service);
	equal(said("srv!elsewhere.example.com"), "200 []");
	equal(
		said("a!broken.example.com"),
		"500 dns: the name servers did not answer for A broken.example.com",
	);
});

test("lookup: where a device has registered, by device, name and address-of-record", (bed) => {
	bed.phone("1002", { register: false }).register({ expires: 600, q: 0.5 }).expect(200);
	const known = (user: string) => {
		const { startLine } = bed.phone("1001").invite(`sip:${user}@example.com`).expect(200);
		const text = startLine.slice("SIP/2.0 200 ".length);
		return text === "undefined" ? undefined : JSON.parse(text);
	};
	bed.wait(10);
	const { device, inService, bindings } = known("1002");
	equal([device, inService, bindings.length], ["1002", true, 1]);
	const [{ scheme, q, expires, transport }] = bindings;
	equal([scheme, q, expires, transport], ["sip", 0.5, 590, "udp"]);
	equal(known("fixed"), { device: "fixed", inService: true, bindings: [] });
	equal(bed.phone("1001").invite("sip:4711@example.com").status, 200);
});
