/**
 * Calls to an Extension or ACD Position: at its configured contact, or at every place it registered
 * from. One that should have registered and has not is answered 480.
 */
import { type Decision, type Device, relay } from "sipwright";

export function callDevice(callee: Device): Decision {
	return relay(callee);
}
