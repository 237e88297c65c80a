import { configured, equal } from "sipwright/test";

const test = configured({
	routes: "./rate-limit.ts",
	devices: {
		"5000": { type: "Extension", contact: "*" },
		"5001": { type: "Extension", contact: "*" },
		"5002": { type: "Extension", contact: "*" },
	},
});

test("the sixth call in a minute is refused, and the next minute begins anew", ({
	phone,
	wait,
}) => {
	const caller = phone("5000");
	for (let call = 0; call < 5; call += 1) {
		caller.invite("5001");
		phone("5001").receive("INVITE").reply(486);
	}
	equal(caller.invite("5001").expect(480).value("Retry-After"), "60");
	phone("5001").receiveNothing("INVITE");
	wait(60);
	caller.invite("5001");
	phone("5001").receive("INVITE");
});

test("everybody has calls of his own, and only calls count", ({ phone }) => {
	for (let call = 0; call < 5; call += 1) phone("5000").invite("5001").cancel();
	for (let registration = 0; registration < 9; registration += 1)
		phone("5002").register().expect(200);
	phone("5002").invite("5001");
	phone("5000").invite("5001").expect(480);
});
