import type { Random } from './random.ts';
import { type Behaviour, someService } from './service.ts';
import type { Kind } from './vocabulary.ts';

/** A line of an access log: at info, whatever the answer was, as most access logs are. */
function request(status: number): Kind {
  return {
    level: 'info',
    logger: 'http',
    event: 'request completed',
    text: '{method} {path} {status} {ms}ms',
    fields: (random, ms) => ({
      method: random.pick(['GET', 'POST', 'PUT']),
      path: `/api/orders/${random.int(1, 9_999_999)}`,
      status,
      ms,
    }),
  };
}

const OK = request(200);
const NOT_FOUND = request(404);
const FAILED = [request(500), request(503)] as const;

/** A service with an access log, which answers up to three of a hundred requests with a 5xx, and some with a 404. */
export function accessService(random: Random): Behaviour {
  const service = someService(random);
  const weight = service.ordinary.reduce((sum, { weight: one }) => sum + one, 0) * random.between(0.5, 3);
  return failing(
    {
      ...service,
      ordinary: [
        ...service.ordinary,
        { item: OK, weight },
        { item: NOT_FOUND, weight: weight * random.between(0.01, 0.1) },
      ],
    },
    random.pick(FAILED),
    random.logBetween(0.001, 0.03),
  );
}

/** The same service when it answers this share of its requests, of 1, with a 5xx. */
export function failingRequests(random: Random, service: Behaviour, share: number): Behaviour {
  const known = service.ordinary.map(({ item }) => item).find((item) => FAILED.some((one) => one === item));
  return failing(service, known ?? random.pick(FAILED), share);
}

function failing(service: Behaviour, failed: Kind, share: number): Behaviour {
  const requests = service.ordinary.filter(({ item }) => item === OK || item === failed);
  const weight = requests.reduce((sum, { weight: one }) => sum + one, 0);
  return {
    ...service,
    ordinary: [
      ...service.ordinary.filter(({ item }) => item !== OK && item !== failed),
      { item: OK, weight: weight * (1 - share) },
      { item: failed, weight: weight * share },
    ],
  };
}
