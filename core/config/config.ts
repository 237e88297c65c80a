/** The configuration as the engine gets it: one frozen value, every default filled in. */
import type { TransportName } from "../base/flow.ts";
import type { HashAlgorithm } from "../base/hash.ts";
import type { Networks } from "../base/networks.ts";
import type { User } from "../base/user.ts";
import type { Device } from "../leg/device.ts";
import type { SecureSignaling } from "../leg/secure-signaling.ts";

export type Config = {
	/** Absolute path; undefined runs on the embedded defaults. */
	readonly file: string | undefined;
	/** Every socket to open: the TCP that comes with a UDP listener is an entry of its own. */
	readonly listen: readonly ListenConfig[];
	readonly tls: TlsConfig;
	/** Ours, besides every listener address. Lower case. */
	readonly domains: readonly string[];
	/** The networks whose requests are accepted as they are. */
	readonly trusted: Networks;
	/** The route scripts, a file or a folder; undefined for the built-in routes. */
	readonly routes: string | undefined;
	/** The folder for keys, location and the last good generation. */
	readonly state: string;
	readonly location: FileConfig | RedisConfig;
	/** Undefined where registrations are not shared. */
	readonly node: NodeConfig | undefined;
	readonly auth: AuthConfig;
	readonly registrar: RegistrarConfig;
	readonly edge: { readonly pathFor: "supported" | "any" | "required" | "off" };
	readonly nat: NatConfig;
	/** Octets; Infinity for any number. */
	readonly udp: { readonly maxRequest: number };
	/** Milliseconds: RFC 3261 Table 4. */
	readonly timers: { readonly T1: number; readonly T2: number; readonly T4: number };
	readonly admin: { readonly address: string; readonly port: number };
	/** The defaults that a device may override. */
	readonly secureSignaling: SecureSignaling;
	readonly devices: ReadonlyMap<string, Device>;
	readonly script: ScriptConfig;
	readonly reload: ReloadConfig;
};

export type ListenConfig = {
	readonly transport: TransportName;
	/** IP address without brackets. */
	readonly address: string;
	/** 0 takes a free port. */
	readonly port: number;
	/** What Via and Record-Route say instead; IPv6 in brackets, port 0 for the one that was taken. */
	readonly advertise: { readonly host: string; readonly port: number } | undefined;
	/** What stands in front of it, if anything does. */
	readonly balancer?: BalancerConfig | undefined;
	/** WebSocket only. */
	readonly web?: WebConfig | undefined;
};

export type WebConfig = {
	/** Undefined for any. */
	readonly paths: readonly string[] | undefined;
	/** `https://phone.example.com`, `https://*.example.com`, `*`; undefined for those of our own addresses. */
	readonly origins: readonly string[] | undefined;
};

export type BalancerConfig = {
	readonly tlsTerminated: boolean;
	readonly proxyProtocol: boolean;
	/** WebSocket only. */
	readonly forwardedFor: boolean;
	/** Where balancers connect from; undefined: from the networks of `trusted`. */
	readonly from: Networks | undefined;
};

export type FileConfig = {
	readonly store: "memory" | "sqlite";
	/** Milliseconds until a change is on the disk. */
	readonly window: number;
};

export type RedisConfig = {
	readonly store: "redis";
	readonly server: {
		/** IPv6 without brackets. */
		readonly host: string;
		readonly port: number;
		readonly database: number;
		readonly user: string | undefined;
		readonly password: string | undefined;
		/** `ca`: path of the authorities instead of the system's. */
		readonly tls: { readonly ca: string | undefined } | undefined;
	};
	readonly prefix: string;
};

export type NodeConfig = {
	readonly name: string;
	/** Where other nodes reach it, and where with `sips`. */
	readonly address: NodeAddress;
	readonly secureAddress: NodeAddress | undefined;
};

export type NodeAddress = {
	/** IPv6 in brackets. */
	readonly host: string;
	readonly port: number;
	/** A SIP URI without a user. */
	readonly uri: string;
};

export type TlsConfig = {
	/** Paths of PEM files; undefined for the development certificate. */
	readonly own: { readonly certificate: string; readonly key: string } | undefined;
	/** Further ones, for clients that ask for a name in them. */
	readonly more: readonly { readonly certificate: string; readonly key: string }[];
	/** Path of the authorities trusted besides the system's. */
	readonly ca: string | undefined;
	readonly verifyClient: boolean | "optional";
};

export type AuthConfig = {
	/** Octets. */
	readonly realm: string;
	/** Those of `users`, and devices with a password of their own; by name, in octets. */
	readonly users: ReadonlyMap<string, User>;
	/** In the order in which they are offered (RFC 8760 §2.3). */
	readonly algorithms: readonly HashAlgorithm[];
	readonly nonceLifetimeSeconds: number;
};

export type RegistrarConfig = {
	readonly minExpiresSeconds: number;
	readonly maxExpiresSeconds: number;
	/** For a Contact without `expires` in a REGISTER without Expires (RFC 3261 §10.3 step 7). */
	readonly defaultExpiresSeconds: number;
	/** Of a device that says none of its own. */
	readonly maxBindings: number;
	/** What a Contact beyond them gets: 403, or the place of the one that was refreshed longest ago. */
	readonly full: "refuse" | "replace";
	/** Whose Path is taken: of devices that say `Supported: path`, or of any (RFC 3327 §5.3). */
	readonly path: "supported" | "any";
	readonly gruu: boolean;
	/** Route values, each in `<>` and with `lr` (RFC 3608 §6.3). */
	readonly serviceRoute: readonly string[];
	/** Between keep-alives of a device with outbound on a stream (RFC 5626 §5.4); Infinity: as it likes. */
	readonly flowTimerSeconds: number;
};

export type NatConfig = {
	/** Between two pings to a registered UDP phone; Infinity: none. */
	readonly pingSeconds: number;
	/** Those whose Contact is not where they are, or all. */
	readonly pingTo: "behind-nat" | "all";
	readonly pingWith: "options" | "crlf";
	/** Pings in a row that a phone may leave without an answer before its binding ends; Infinity: any number. */
	readonly unansweredMax: number;
};

export type ScriptConfig = {
	readonly timeoutMs: number;
	readonly heapMb: number;
	/** For the top level of the scripts. */
	readonly startMs: number;
	/** How long a hook may wait for what it calls. */
	readonly deadlineMs: number;
	/** Calls of the host that one hook may make. */
	readonly hostCalls: number;
	/** Where it may `fetch` from: `https://api.example.com`, as URL writes an origin. */
	readonly fetchOrigins: readonly string[];
	/** How long one `fetch` may take, unless the script says less or more. */
	readonly fetchTimeoutMs: number;
	/** What a request gets whose script failed. */
	readonly fallback: "500" | "built-in";
};

export type ReloadConfig = {
	/** What an error in the types of the scripts does. */
	readonly typecheck: "block" | "warn" | "off";
	/** What a test beside them that fails does. */
	readonly tests: "block" | "warn" | "off";
	/** Between two looks at their contents; Infinity for none. */
	readonly pollMs: number;
	/** On whose requests changed scripts are tried first; undefined: they serve all at once. */
	readonly canary: CanaryConfig | undefined;
	/** Scripts that are new are given up beyond `failed` percent of at least `asked` requests; Infinity: never. */
	readonly rollback: { readonly failed: number; readonly asked: number; readonly seconds: number };
	/** Other scripts that are asked about so many percent of the requests, without effect. */
	readonly shadow: { readonly routes: string; readonly share: number } | undefined;
};

/** Requests that any of the four names. */
export type CanaryConfig = {
	/** Percent; 0 for none. */
	readonly share: number;
	readonly devices: readonly string[];
	readonly networks: Networks;
	/** Of the called number. */
	readonly prefixes: readonly string[];
	/** Then they serve all; Infinity: when it is said. */
	readonly seconds: number;
};
