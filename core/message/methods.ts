/** The registered methods: RFC 3261 §20.5 and the extensions. Any other token is a method too and is proxied (§16.3 step 1). */
export const METHODS = [
	"ACK",
	"BYE",
	"CANCEL",
	"INFO",
	"INVITE",
	"MESSAGE",
	"NOTIFY",
	"OPTIONS",
	"PRACK",
	"PUBLISH",
	"REFER",
	"REGISTER",
	"SUBSCRIBE",
	"UPDATE",
] as const;
