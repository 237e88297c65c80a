/** The tables of all state machines by name: for the tests over all of them. */
import { service, serviceMachine } from "../../core/proxy/service-state.ts";
import { inviteClient, inviteClientMachine } from "../../core/transaction/invite-client.ts";
import { inviteServer, inviteServerMachine } from "../../core/transaction/invite-server.ts";
import type { Machine } from "../../core/transaction/machine.ts";
import {
	nonInviteClient,
	nonInviteClientMachine,
} from "../../core/transaction/non-invite-client.ts";
import {
	nonInviteServer,
	nonInviteServerMachine,
} from "../../core/transaction/non-invite-server.ts";

/** A `Spec` whose names are plain strings. */
export type Table = {
	readonly initial: string;
	readonly start: readonly string[];
	readonly table: {
		readonly [state: string]: {
			readonly [event: string]: { readonly to: string; readonly act: readonly string[] };
		};
	};
	readonly timers: { readonly [state: string]: readonly string[] };
};

export type NamedTable = {
	readonly name: string;
	readonly source: string;
	readonly spec: Table;
	readonly machine: Machine<string, string>;
};

export const MACHINE_TABLES: readonly NamedTable[] = [
	{
		name: "INVITE client transaction",
		source: "RFC 3261 Figure 5, RFC 6026 §8.4, RFC 3261 §9.1",
		spec: inviteClient,
		machine: inviteClientMachine,
	},
	{
		name: "Non-INVITE client transaction",
		source: "RFC 3261 Figure 6",
		spec: nonInviteClient,
		machine: nonInviteClientMachine,
	},
	{
		name: "INVITE server transaction",
		source: "RFC 3261 Figure 7, RFC 6026 §8.6",
		spec: inviteServer,
		machine: inviteServerMachine,
	},
	{
		name: "Non-INVITE server transaction",
		source: "RFC 3261 Figure 8, RFC 4320 §4, RFC 6026 §8.8",
		spec: nonInviteServer,
		machine: nonInviteServerMachine,
	},
	{
		name: "Service of a device",
		source: "secure signaling §2.2",
		spec: service,
		machine: serviceMachine,
	},
];
