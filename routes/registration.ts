/** REGISTER: binds the Contacts of a device to it. Position: after access, before calls (RFC 3261 §10.3). */
import { type Decision, device, log, type Request, reply, save, stripTransport } from "sipwright";

export function registration({ to, contacts, source }: Request): Decision {
	const owner = device(to.uri.user);
	if (!owner || owner.name !== to.uri.user) return reply(404);
	if (source.authenticated && source.device?.name !== owner.name) return reply(403);

	const secure = contacts.some(({ uri }) => uri.scheme === "sips");
	if (!owner.registers) {
		if (secure && owner.mismatch === "reject") return reply(403);
		log.warn("registered, but calls go to the configured contact", { device: owner.name });
	}
	for (const contact of contacts) stripTransport(contact);
	return save();
}
