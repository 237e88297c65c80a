/** Calls to a Voice over IP Service by its name: a softswitch or a media server. Others are not called. */
import { type Decision, type Device, relay, reply } from "sipwright";

const CALLED = ["softswitch", "msml"];

export function callService(service: Device): Decision {
	return CALLED.includes(service.serviceType ?? "") ? relay(service) : reply(404);
}
