/** The npm package `sip`, with the types that the tests use: a second implementation to compare and talk with. */
import { createRequire } from "node:module";

export type SipUri = {
	schema: string;
	user?: string;
	host: string;
	port?: number;
	params: Record<string, string | null>;
};
export type SipVia = {
	protocol?: string;
	host?: string;
	port?: number;
	params: Record<string, string | number | null>;
};
export type SipAddress = { name?: string; uri: string | SipUri; params: Record<string, string> };
export type SipMessage = {
	method?: string;
	uri?: string | SipUri;
	status?: number;
	reason?: string;
	headers: {
		via: SipVia[];
		to: SipAddress;
		from: SipAddress;
		"call-id": string;
		cseq: { seq: number; method: string };
		contact?: SipAddress[];
		route?: SipAddress[];
		"record-route"?: SipAddress[];
		"max-forwards"?: string | number;
		[name: string]: unknown;
	};
	content?: string;
};
export type SipRemote = { protocol: string; address: string; port: number };
type Handler = (request: SipMessage, remote: SipRemote) => void;
type Answer = (response: SipMessage) => void;

export type SipOptions = {
	address: string;
	port: number;
	tls_port?: number;
	udp?: boolean;
	tcp?: boolean;
	tls?: object;
	logger?: { error?(error: unknown): void };
};
export type SipModule = {
	parse(data: Buffer | string): SipMessage | undefined;
	parseUri(text: string): SipUri | undefined;
	stringifyUri(uri: string | SipUri): string;
	stringify(message: SipMessage): string;
	copyMessage(message: SipMessage): SipMessage;
	makeResponse(request: SipMessage, status: number, reason?: string): SipMessage;
	generateBranch(): string;
	create(options: SipOptions, handler: Handler): SipAgent;
};
export type SipAgent = {
	send(message: SipMessage, answer?: Answer): void;
	destroy(): void;
};
export type SipProxyModule = {
	start(options: SipOptions, route: Handler): void;
	send(message: SipMessage, answer?: Answer): void;
	stop(): void;
};

const require = createRequire(import.meta.url);
// The package calls util.debug, which Node no longer has.
Object.assign(require("node:util"), { debug: () => {} });

export const sip: SipModule = require("sip");
export const sipProxy: SipProxyModule = require("sip/proxy");
