/// What the book of gangs has to know beside the objects.
public struct GangSettings: Hashable, Sendable {
    /// Pods with this `schedulerName` are ours.
    public var schedulerName: String
    /// Gates that Muster sets and takes away itself.
    public var ownGates: Set<String>
    /// Which resources are accelerators and network interfaces.
    public var naming: ResourceNaming
    /// Kinds that are watched: an object of them that has not been seen is waited for. Of other
    /// kinds nothing will ever be seen, and the labels of pods decide.
    public var watched: Set<ObjectKind>
    /// Whether gangs whose objects say nothing about it may be stopped for others.
    public var isPreemptible: Bool

    /// Gathers settings.
    public init(
        schedulerName: String = "muster",
        ownGates: Set<String> = ["muster/quota", "muster/capacity"],
        naming: ResourceNaming = ResourceNaming(), watched: Set<ObjectKind> = [],
        isPreemptible: Bool = true
    ) {
        self.schedulerName = schedulerName
        self.ownGates = ownGates
        self.naming = naming
        self.watched = watched
        self.isPreemptible = isPreemptible
    }
}

/// What has happened to an object. Events of one object come in their order; those of different
/// objects in any, and any may come twice.
public enum ObjectEvent: Sendable {
    /// A pod is new or has changed.
    case pod(Pod)
    /// A pod is gone.
    case podGone(PodKey)
    /// An object that declares a gang is new or has changed.
    case declared(GangDeclaration)
    /// It is gone; with an empty uid whichever had the name.
    case undeclared(ObjectKey, uid: String)
    /// A PriorityClass is new or has changed.
    case priorityClass(PriorityClass)
    /// A PriorityClass is gone.
    case priorityClassGone(String)
    /// A volume claim is new or has changed.
    case claim(PersistentVolumeClaim)
    /// A volume claim is gone.
    case claimGone(namespace: String, name: String)
    /// A volume is new or has changed.
    case volume(PersistentVolume)
    /// A volume is gone.
    case volumeGone(String)
    /// A list of all objects of a kind begins; they follow as if they were new.
    case listBegan(ObjectKind)
    /// The list has ended: what did not come is gone.
    case listEnded(ObjectKind)
}
