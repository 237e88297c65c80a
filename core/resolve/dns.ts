/** The DNS as `locate` sees it: RFC 1035, RFC 2782, RFC 3403. Questions go out, answers are fed back. */
export type DnsQuestion = {
	readonly type: "NAPTR" | "SRV" | "A" | "AAAA";
	/** Without the final dot. */
	readonly name: string;
};

export type NaptrRecord = {
	readonly type: "NAPTR";
	readonly order: number;
	readonly preference: number;
	readonly flags: string;
	readonly service: string;
	readonly replacement: string;
};

export type SrvRecord = {
	readonly type: "SRV";
	readonly priority: number;
	readonly weight: number;
	readonly port: number;
	/** "." or "" says that the service does not exist there. */
	readonly target: string;
};

export type AddressRecord = {
	readonly type: "A" | "AAAA";
	readonly address: string;
};

export type DnsRecord = NaptrRecord | SrvRecord | AddressRecord;

/** Empty: the name or the type does not exist. `failed`: nobody knows, the servers did not answer. */
export type DnsAnswer = readonly DnsRecord[] | "failed";
