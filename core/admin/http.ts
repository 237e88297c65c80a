/** The admin API: HTTP on loopback with a bearer token (RFC 6750 §2.1), JSON answers, errors with a code. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import { type FastifyError, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { Log } from "../base/log.ts";
import type { ProcessStatus, ReloadOutcome } from "./status.ts";

export type AdminOptions = {
	readonly address: string;
	/** 0 takes a free port. */
	readonly port: number;
	readonly token: string;
	readonly log: Log;
	status(): ProcessStatus;
	reload(): Promise<ReloadOutcome>;
	rollback(): Promise<ReloadOutcome>;
	promote(): Promise<ReloadOutcome>;
};

export type Admin = {
	readonly address: string;
	readonly port: number;
	close(): Promise<void>;
};

/** The admin API could not be opened: the operator's fault. */
export class AdminError extends Error {
	override readonly name = "AdminError";
	readonly code = "ADMIN_LISTEN";
	readonly fix = 'end what listens there, or write admin: { address: "127.0.0.1:PORT" }';
}

const BODY_BYTES_MAX = 1024;
const REQUEST_MS_MAX = 10_000;
/** The outcome is complete, and nothing was changed. */
const UNPROCESSABLE = 422;

export async function openAdmin(options: AdminOptions): Promise<Admin> {
	const { address, port, token, log } = options;
	const server = fastify({
		bodyLimit: BODY_BYTES_MAX,
		requestTimeout: REQUEST_MS_MAX,
		forceCloseConnections: true,
	});
	const expected = digest(token);

	server.addHook("onRequest", async (request, reply) => {
		if (timingSafeEqual(digest(bearer(request)), expected)) return;
		log.warn({ event: "admin.refused", peer: request.ip, path: request.url }, "wrong admin token");
		reply.header("WWW-Authenticate", "Bearer");
		await refuse(reply, 401, "ADMIN_TOKEN", "the admin token is missing or wrong");
	});
	server.get("/status", async () => options.status());
	server.get("/generations", async () => {
		const { generations, canary, rolledBack } = options.status();
		return { generations, canary, rolledBack };
	});
	server.get("/shadow", async () => ({ shadow: options.status().shadow ?? null }));
	for (const action of ["reload", "rollback", "promote"] as const)
		server.post(`/${action}`, async (_request, reply) => {
			const outcome = await options[action]();
			return reply.status(outcome.ok ? 200 : UNPROCESSABLE).send(outcome);
		});
	server.setNotFoundHandler((request, reply) =>
		refuse(reply, 404, "ADMIN_NOT_FOUND", `there is no ${request.method} ${request.url}`),
	);
	server.setErrorHandler((error: FastifyError, request, reply) => {
		const status = error.statusCode ?? 500;
		if (status < 500) return refuse(reply, status, "ADMIN_REQUEST", error.message);
		log.error({ event: "admin.failed", path: request.url, err: error }, "admin request failed");
		return refuse(reply, 500, "ADMIN_FAILED", "the request failed; the log says why");
	});

	await server.listen({ host: address, port }).catch((cause: NodeJS.ErrnoException) => {
		throw new AdminError(`admin: ${address}:${port} cannot be opened (${cause.code})`, { cause });
	});
	const bound = server.server.address() as AddressInfo;
	return { address: bound.address, port: bound.port, close: () => server.close() };
}

function bearer(request: FastifyRequest): string {
	return /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
}

/** Equal lengths, so that the comparison tells nothing about the token. */
function digest(text: string): Buffer {
	return createHash("sha256").update(text).digest();
}

function refuse(reply: FastifyReply, status: number, code: string, message: string) {
	return reply.status(status).send({ error: { code, message } });
}
