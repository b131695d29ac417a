import { openD1 } from "../support/d1.ts";
import { describeEngine } from "./engine-suite.ts";

describeEngine("D1 in workerd", () => openD1());
