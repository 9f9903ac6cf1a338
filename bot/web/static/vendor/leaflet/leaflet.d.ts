// For the type checker: leaflet.js sets the global variable L, of which @types/leaflet (package.json) has the types.
import "leaflet";
