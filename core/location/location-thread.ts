/** The thread that writes the location file: waiting for a disk is nothing for the one that has the traffic. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { DeviceText } from "./location-file.ts";
import { LocationWriter } from "./location-writer.ts";

const port = parentPort as MessagePort;
const writer = new LocationWriter(String(workerData));

port.on("message", (devices: readonly DeviceText[] | undefined) => {
	if (devices !== undefined) port.postMessage(writer.write(devices));
	else {
		writer.close();
		port.close();
	}
});
