import { configured, equal } from "sipwright/test";

const test = configured({
	routes: "./maintenance.ts",
	devices: {
		"5000": { type: "Extension", contact: "*" },
		"5001": { type: "Extension", contact: "*" },
	},
});

test("a call that is up goes on, a new one is told when to come back", {
	start: "2026-03-02T21:59:00Z",
}, (bed) => {
	const { phone, wait } = bed;
	const call = phone("5000").invite("5001");
	phone("5001").receive("INVITE").reply(200);
	call.expect(200);
	wait(120);
	const refused = phone("5000").invite("5001").expect(503);
	equal(refused.value("Retry-After"), String(4 * 3600 - 60));
	phone("5001").register().expect(200);
	const bye = call.hangUp();
	phone("5001").receive("BYE").reply(200);
	bye.expect(200);
});

test("afterwards all is as before", { start: "2026-03-03T02:00:00Z" }, ({ phone }) => {
	phone("5000").invite("5001");
	phone("5001").receive("INVITE");
});
