/** REGISTER: binds the Contacts of a device to it. Position: after access, before calls (RFC 3261 §10.3). */
import { type Decision, device, log, type Request, reply, save, stripTransport } from "sipwright";

export function registration({ to, contacts, source }: Request): Decision {
	const owner = device(to.uri.user);
	if (!owner || owner.name !== to.uri.user) return reply(404);
	if (source.authenticated && source.device?.name !== owner.name) return reply(403);

	if (!owner.registers)
		log.warn("registered, but calls go to the configured contact", { device: owner.name });
	for (const contact of contacts) stripTransport(contact);
	return save();
}
