import { configured, equal } from "sipwright/test";

const LIST = "https://blocklist.example.com";
const BLOCKED = `${LIST}/numbers/%2B493099`;

const test = configured({
	routes: "./block-list.ts",
	script: { fetch: [LIST] },
	devices: {
		"5000": { type: "Extension", contact: "*" },
		carrier: { type: "Trunk", prefix: "9", contact: "sip:192.0.2.91" },
	},
});

const from = (number: string) => ({ from: `sip:${number}@192.0.2.91` });

test("who is on the list does not get through, and everybody else does", (bed) => {
	const { phone } = bed;
	bed.fetch(/./, { status: 404 });
	bed.fetch(BLOCKED, { json: { since: "2026-01-01" } });
	phone("carrier").invite("5000", from("+493099")).expect(603);
	phone("5000").receiveNothing("INVITE");
	phone("carrier").invite("5000", from("0301234"));
	phone("5000").receive("INVITE");
	equal(bed.metrics, { calls_blocked: 1 });
});

test("the list is asked about a number once in five minutes", (bed) => {
	const { phone, wait } = bed;
	bed.fetch(BLOCKED, { json: {} });
	for (let call = 0; call < 3; call += 1)
		phone("carrier").invite("5000", from("+493099")).expect(603);
	equal(bed.fetched.length, 1);
	wait(300);
	phone("carrier").invite("5000", from("+493099")).expect(603);
	equal(bed.fetched.length, 2);
});

test("a list that does not answer for a second, or is down, blocks nobody", (bed) => {
	const { phone, wait } = bed;
	bed.fetch(BLOCKED, { json: {}, after: 5 });
	phone("carrier").invite("5000", from("+493099"));
	phone("5000").receiveNothing("INVITE");
	wait(1);
	phone("5000").receive("INVITE");
	equal(bed.log[0]?.level, "warn");
});
