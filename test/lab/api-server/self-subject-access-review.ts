import { isObject } from '../kubernetes.ts';
import type { AccessControl, User } from './access.ts';
import type { Answer } from './http-call.ts';
import type { ResourceRequest } from './request-info.ts';
import { noSuchResource } from './status.ts';

/** Answers a SelfSubjectAccessReview (`kubectl auth can-i`). Throws a 404 for any other resource of its group. */
export function reviewAccess(
  access: AccessControl,
  user: User,
  info: ResourceRequest,
  body: unknown,
): Answer {
  if (info.plural !== 'selfsubjectaccessreviews' || info.verb !== 'create' || !isObject(body))
    throw noSuchResource();
  const spec = isObject(body['spec']) ? body['spec'] : {};
  const wanted = isObject(spec['resourceAttributes']) ? spec['resourceAttributes'] : {};
  const text = (field: string): string => String(wanted[field] ?? '');
  const resource =
    text('subresource') === '' ? text('resource') : `${text('resource')}/${text('subresource')}`;
  const allowed = access.allows({
    user,
    verb: text('verb'),
    group: text('group'),
    resource,
    namespace: text('namespace'),
    name: text('name'),
  });
  return { code: 201, body: { ...body, status: { allowed } } };
}
