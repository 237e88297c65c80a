/** A script said `save()`: RFC 3261 §10.3 from step 3 on, with the bindings read and written in one input. */
import type { Milliseconds } from "../base/clock.ts";
import type { Flow } from "../base/flow.ts";
import { contactScheme } from "../leg/incoming-leg.ts";
import { judgeRegister, type Verdict } from "../leg/mismatch.ts";
import type { LocationStore } from "../location/store.ts";
import type { Request } from "../message/message.ts";
import { type Uri, uriParam } from "../message/uri.ts";
import { knows } from "../proxy/directory.ts";
import type { Environment } from "../proxy/environment.ts";
import type { Rejection } from "../proxy/rejection.ts";
import { addressOfRecord } from "../registrar/address-of-record.ts";
import { register } from "../registrar/register.ts";
import type { RegisterOptions } from "../registrar/register-input.ts";

export type SaveInput = {
	readonly request: Request;
	readonly flow: Flow;
	readonly secure: boolean;
	/** As the script left them. */
	readonly contacts: readonly string[] | undefined;
	/** The device whose password was shown; undefined when none was. */
	readonly authenticatedAs: string | undefined;
	readonly environment: Environment;
	readonly options: Omit<RegisterOptions, "register">;
	readonly store: LocationStore;
	/** Told of a `sips` registration of a device that is called elsewhere (secure signaling G20, M4). */
	mismatch(verdict: Verdict, device: string): void;
	readonly now: Milliseconds;
};

export function saveBindings(input: SaveInput): Rejection {
	const { request, environment, store, now } = input;
	const { own, directory } = environment;
	const aor = addressOfRecord(request, (uri) => own.owns(uri));
	if ("status" in aor) return aor;
	const device = directory.device(aor.user);
	if (device === undefined) return { status: 404 };
	// Step 4: a password is good for the bindings of its own device.
	if (input.authenticatedAs !== undefined && input.authenticatedAs !== device.name)
		return { status: 403 };
	const { name, secureSignaling } = device;
	if (device.contact !== "*" && contactScheme(request) === "sips") {
		const verdict = judgeRegister(device);
		input.mismatch(verdict, name);
		if (verdict.refused !== undefined) return { status: verdict.refused.status };
	}
	const { put, remove, ...answer } = register({
		request,
		device: name,
		flow: input.flow,
		secure: input.secure,
		pathTrusted: knows(directory, input.flow),
		contacts: input.contacts,
		current: store.bindings(name, now),
		options: {
			...input.options,
			register: secureSignaling.register,
			refuses: (uri) => (isThisServer(uri, own) ? "Contact Is This Server" : undefined),
		},
		now,
	});
	if (put.length > 0 || remove.length > 0) store.apply(name, put, remove);
	return answer;
}

/**
 * Calls to it would come back to us. A name of our domain alone is bound (RFC 4475 §3.3.14): where
 * it leads is for the DNS to say, and a loop ends with 482.
 */
function isThisServer(uri: Uri, own: Environment["own"]): boolean {
	return own.listensAt(uriParam(uri, "maddr")?.value ?? uri.host, uri.port);
}
