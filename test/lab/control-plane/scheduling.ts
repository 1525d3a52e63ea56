import type { KubeObject } from '../kubernetes.ts';

/**
 * Binds every new pod to one node without a scheduler: unmodified workloads then run on the process kubelet.
 * MutatingAdmissionPolicy is beta in Kubernetes 1.35 and behind a feature gate.
 */
export function bindPodsTo(nodeName: string): KubeObject[] {
  const name = 'bind-pods';
  const apiVersion = 'admissionregistration.k8s.io/v1beta1';
  return [
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicy',
      metadata: { name },
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
          ],
        },
        matchConditions: [{ name: 'unbound', expression: '!has(object.spec.nodeName)' }],
        failurePolicy: 'Fail',
        reinvocationPolicy: 'Never',
        mutations: [
          {
            patchType: 'ApplyConfiguration',
            applyConfiguration: {
              expression: `Object{spec: Object.spec{nodeName: ${JSON.stringify(nodeName)}}}`,
            },
          },
        ],
      },
    },
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name },
    },
  ];
}
