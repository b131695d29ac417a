import { describeTestQueue } from "./suite.ts";

describeTestQueue("libSQL in memory", () => undefined);
