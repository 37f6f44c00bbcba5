/// Kinds of machines and figures that somebody speaks of.
public struct LearnedKind: Hashable, Sendable {
    /// The model of the device or processor.
    public var model: String
    /// The version of the driver or kernel; nil for every one.
    public var driver: String?
    /// What connects the machines; nil for everything.
    public var fabric: String?
    /// The figure; nil for all of them.
    public var figure: FigureID?

    /// Gathers what is meant.
    public init(
        model: String, driver: String? = nil, fabric: String? = nil, figure: FigureID? = nil
    ) {
        self.model = model
        self.driver = driver
        self.fabric = fabric
        self.figure = figure
    }

    /// Whether it is meant.
    public func contains(_ key: FigureKey, _ figure: FigureID) -> Bool {
        key.model == model && driver.map { $0 == key.driver } ?? true
            && fabric.map { $0 == key.fabric } ?? true && self.figure.map { $0 == figure } ?? true
    }

    /// In words.
    public var words: String {
        var words = ["model '\(model)'"]
        if let driver { words.append("driver '\(driver)'") }
        if let fabric { words.append("fabric '\(fabric)'") }
        if let figure { words.append(figure.name) }
        return words.joined(separator: ", ")
    }
}
