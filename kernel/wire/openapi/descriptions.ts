/** What `kubectl explain` says of the fields that every object has. */

type Descriptions = Readonly<Record<string, string>>;

export const rootDescriptions = {
  apiVersion: 'APIVersion defines the group and the version of the schema this object is written in, as GROUP/VERSION.',
  kind: 'Kind is the name of the type of this object, in CamelCase. It cannot be changed.',
  metadata: "Standard object's metadata: name, namespace, labels, annotations and what the server notes down.",
} as const satisfies Descriptions;

/** By type and field. */
export const fieldDescriptions: Readonly<Record<string, Descriptions>> = {
  'meta.v1.ObjectMeta': {
    annotations: 'Annotations are free text under names, for programs and people. They cannot be selected by.',
    creationTimestamp:
      'CreationTimestamp is a timestamp of when the server made this object. Set by the server, in UTC.',
    deletionGracePeriodSeconds:
      'Number of seconds this object has for an orderly end before it is removed. Set with deletionTimestamp, can only be made shorter.',
    deletionTimestamp:
      'DeletionTimestamp is the time at which this object is to be gone. Set by the server when somebody deletes it; it stays until its finalizers are gone.',
    finalizers:
      'Names of what must be done before this object may be removed. Whoever has done it takes the name away.',
    generateName: 'GenerateName is the beginning of a name the server makes unique, used when name is left out.',
    generation: 'A number that grows with every change of what is wanted. Set by the server.',
    labels: 'Labels are short names and values that objects are selected by.',
    managedFields: 'Which manager owns which fields, kept for server-side apply.',
    name: 'Name is unique among objects of one kind in a namespace. It cannot be changed.',
    namespace: 'Namespace is the space within which the name is unique. Empty for kinds that have none.',
    ownerReferences:
      'Objects this one depends on: when all of them are gone, this one is collected. At most one of them is its controller.',
    resourceVersion:
      'The version of this object in the store, for optimistic concurrency and watches. Opaque to clients.',
    selfLink: 'Not set any more.',
    uid: 'UID is unique among all objects of all times. Set by the server.',
  },
};
