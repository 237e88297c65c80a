import { MemoryStore } from "../../core/location/memory.ts";
import { locationStoreBattery } from "./store.battery.ts";

locationStoreBattery("location in memory", () => new MemoryStore());
