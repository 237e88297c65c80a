import { configured } from "sipwright/test";

const test = configured({
	routes: "./time-of-day.ts",
	devices: {
		"5000": { type: "Extension", contact: "*" },
		"5001": { type: "Extension", contact: "*" },
		mailbox: {
			type: "Voice over IP Service",
			"service-type": "softswitch",
			contact: "sip:192.0.2.90",
		},
	},
});

test("on Monday morning the phone rings", { start: "2026-03-02T07:00:00Z" }, ({ phone }) => {
	phone("5001").invite("5000");
	phone("5000").receive("INVITE");
});

test("a minute before eight, and at six, it is the mailbox", {
	start: "2026-03-02T06:59:00Z",
}, (bed) => {
	const { phone, wait } = bed;
	phone("5001").invite("5000");
	phone("mailbox").receive("INVITE");
	wait(60);
	phone("5001").invite("5000");
	phone("5000").receive("INVITE");
	wait(10 * 3600);
	phone("5001").invite("5000");
	phone("mailbox").receive("INVITE");
});

test("summer time moves the hours with it", { start: "2026-07-06T06:00:00Z" }, ({ phone }) => {
	phone("5001").invite("5000");
	phone("5000").receive("INVITE");
});

test("on Sunday it is the mailbox, for numbers that there are", {
	start: "2026-03-01T10:00:00Z",
}, (bed) => {
	bed.phone("5001").invite("5000");
	bed.phone("mailbox").receive("INVITE");
	bed.phone("5001").invite("4711").expect(404);
});
