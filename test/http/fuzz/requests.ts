/** Requests, from such as anybody sends to such as only an attacker would. */
import fc from "fast-check";
import { anyCall, withBody } from "./api.ts";
import * as bodies from "./bodies.ts";
import { doubtful, known, operator } from "./credentials.ts";
import { elsewhere, headers } from "./elsewhere.ts";
import { arrayOf, json, leaf, members, objectOf } from "./json.ts";
import { inject, PLACES } from "./places.ts";
import { type Call, call, type Kind, type Probe } from "./probe.ts";
import * as texts from "./texts.ts";

/** In the payload of every round trip: no log may hold it. */
export const PAYLOAD = "fuzz-77aa-payload";

const roundTrip: fc.Arbitrary<Probe> = fc
  .tuple(fc.array(json, { maxLength: 3 }), members, texts.field)
  .map(([items, named, queue]) => {
    const payload = {
      args: arrayOf([leaf(JSON.stringify(PAYLOAD), PAYLOAD), ...items]),
      kwargs: objectOf(named),
    };
    const fields = {
      funcPath: '"fuzz.echo"',
      queue: JSON.stringify(`trip ${queue.slice(0, 200).toWellFormed()}`),
    };
    const texts = { ...fields, args: payload.args.text, kwargs: payload.kwargs.text };
    const body = bodies.toObject(Object.entries(texts).map(([name, text]) => ({ name, text })));
    const sent = call("POST", "/v1/tasks", "enqueue", body);
    return { ...sent, kind: "round trips", headers: {}, credential: operator, payload };
  });

function probes(kind: Kind, calls: fc.Arbitrary<Call>, credentials = known): fc.Arbitrary<Probe> {
  return fc
    .tuple(calls, credentials)
    .map(([call, credential]) => ({ ...call, kind, headers: {}, credential }));
}

const wrong = withBody((members) => bodies.changed(members).map(bodies.toObject));
const broken = withBody((members) => bodies.broken(members.map(bodies.toObject)));
const other = withBody(() => bodies.foreign);
const withHeaders = fc
  .tuple(probes("headers", anyCall), headers)
  .map(([probe, headers]) => ({ ...probe, headers }));
const injected = fc
  .tuple(fc.constantFrom(...PLACES), texts.segment)
  .map(([place, text]) => inject(place, text));

export const probe: fc.Arbitrary<Probe> = fc.oneof(
  { weight: 5, arbitrary: roundTrip },
  { weight: 5, arbitrary: probes("as the schemas say", anyCall) },
  { weight: 5, arbitrary: probes("one thing wrong", wrong) },
  { weight: 3, arbitrary: probes("broken JSON", broken) },
  { weight: 1, arbitrary: probes("other bodies", other) },
  { weight: 3, arbitrary: withHeaders },
  { weight: 3, arbitrary: probes("paths and methods", elsewhere, fc.oneof(known, doubtful)) },
  { weight: 3, arbitrary: probes("keys", anyCall, doubtful) },
  { weight: 3, arbitrary: injected },
);
