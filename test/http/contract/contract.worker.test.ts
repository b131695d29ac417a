import { openD1 } from "../../support/d1.ts";
import { caller } from "../../support/http.ts";
import { itKeepsTheContract } from "./suite.ts";
import { World } from "./world.ts";

itKeepsTheContract("D1 in workerd", async () => World.open(await openD1(), (send) => caller(send)));
