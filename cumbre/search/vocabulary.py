"""Word lists that decide whether a name in a query means the summit: fillers, titles, places named after peaks.

English and Spanish are covered in full, other languages only as far as people mix their words with names.
"""

from typing import Final

from cumbre.text.folding import fold


def _folded(text: str) -> frozenset[str]:
    return frozenset(fold(text).split())


def _phrases(*phrases: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(fold(phrase).split()) for phrase in phrases)


# Between a name and its surroundings: "a photo of ..., with ...".
PREPOSITIONS: Final = _folded("""
    of at in on with from near by over to under behind above below around towards toward into across and or vs plus for
    de del al en con desde cerca sobre bajo tras hacia ante hasta por para y e o u a junto
    du des d l et von vom am im mit und bei nach di da do na no em com и с у на в из от над का की के में से और
    """)

# Words that add nothing to a query for photos.
FILLERS: Final = PREPOSITIONS | _folded("""
    the an this that these those some any all my our me i we you it its is are was there s
    please find show search give get want need see seen look looking have has do does can where which what who when
    photo photos picture pictures pic pics image images img foto fotos fotografia fotografias imagen imagenes
    shot shots snap snaps album taken
    el la los las lo un una unos unas mi mis nuestro nuestra nuestros nuestras tu tus su sus todo toda todos todas
    que donde cual cuales como hay es son esta estan este estas estos favor muestra muestrame ensename busca buscar
    buscame encuentra dame quiero ver veo tengo
    le les mes bild bilder fotos zeig mir von der die das den dem фото фотографии снимки покажи
    फोटो तस्वीर तस्बिर को 사진
    """)

# Next to a name, these mark it as a mountain and add nothing else.
TITLES: Final = _folded("""
    mount mt mountain peak peaks himal pico monte mont montana cerro nevado volcan berg piz
    гора пик हिमाल पर्वत 산 봉
    """)

# Fillers and titles in scripts without spaces, where they are attached to the name.
SPACELESS_FILLERS: Final = _folded("の と で から が を に は 写真 画像 的 和 与 在 照片 相片 图片 圖片")
SPACELESS_TITLES: Final = _folded("山 峰")
# Case endings of Nepali, Hindi, Korean and Tibetan words, and Korean titles, which are attached to the name too.
CASE_ENDINGS: Final = tuple("बाट लाई सँग संग को का की मा ले 에서 까지 의 을 를 은 는 이 가 과 와 산 봉 འི".split())

# After a name, these make it another place: "everest base camp" does not show the summit.
PLACES_AFTER: Final = _phrases(
    "base camp", "base camps", "basecamp", "basecamps", "bc", "advanced base camp", "north base camp",
    "south base camp", "campo base", "campamento base", "camp de base", "basislager", "базовый лагерь",
    "आधार शिविर", "베이스캠프", "大本营", "大本營", "ベースキャンプ",
    "region", "area", "zone", "valley", "village", "pass", "national park", "barun", "conservation area",
    "trek", "treks", "trekking", "view trek", "panorama trek", "three passes", "trail", "トレッキング", "circuit",
    "highway", "marathon", "街道", "地区", "地域",
    "view hotel", "hotel", "view lodge", "lodge", "view point", "viewpoint", "view resort", "resort", "inn",
    "guest house", "guesthouse", "tea house", "teahouse", "cafe", "bakery", "restaurant", "steak house", "steakhouse",
    "bar", "pub", "brewery", "beer", "museum", "school", "hospital", "airport", "street", "road",
)  # fmt: skip
# The same before a name, with or without a link such as "of" in between: "campo base del everest".
PLACES_BEFORE: Final = _phrases(
    "base camp", "base camps", "basecamp", "basecamps", "bc", "campo base", "campamento base", "camp de base",
    "basislager", "базовый лагерь",
    "region", "zona", "valle", "parque nacional", "national park", "trek", "trekking", "maraton", "marathon",
    "hike", "route", "road", "trail", "ruta", "caminata", "senderismo", "sendero", "camino", "mirador", "viewpoint",
)  # fmt: skip
PLACE_LINKS: Final = _folded("of the to de del al la el l d du des vom")
# Only directly before a name: "hotel everest", but not "a hotel near everest".
LODGINGS_BEFORE: Final = _folded("hotel lodge hostal hosteria albergue refugio restaurante cafe")

# Next to a name that is also a word ("mera" is Spanish and Hindi), these show that the mountain is meant.
MOUNTAIN_WORDS: Final = TITLES | _folded("""
    summit top face ridge slope glacier snow ice snowy climb climbing climbed climber expedition sunrise sunset
    alpenglow himalaya himalayas khumbu nepal massif north south east west
    cumbre cima cara arista ladera glaciar nieve nevada escalar escalada subir subida expedicion amanecer atardecer
    montana himalaya macizo norte sur este oeste
    """)

# Never taken for a typo of a name: what people search photos for, and dictionary words one letter from a bundled name.
_SUBJECTS: Final = """
    nearest everyone everything everywhere forest forests harvest interest earnest severest everett touche
    island islands highland lobster mera mere more marker makeup thunder tower castle table tables temple temples church
    stupa monastery prayer flag flags porter porters yak yaks sherpa guide guides trekker trekkers hiker hikers village
    bridge bridges river rivers lake lakes water waterfall stream sky skies cloud clouds fog mist storm rain wind sun
    moon star stars night day morning evening noon dawn dusk light dark shadow reflection rock rocks stone stones cliff
    valley pass path trail trails road tent tents camp camps lodge hotel hut house houses door window roof wall garden
    field fields farm animal animals dog dogs cat cats horse horses cow cows goat goats sheep bird birds eagle flower
    flowers tree trees leaf grass wood people person man men woman women boy girl child children baby friend friends
    family group team crowd face faces hand hands smile portrait selfie dinner lunch breakfast food soup rice bread tea
    coffee beer bottle kitchen room bed helicopter plane airplane airport car bus boat train city town street market
    shop map sign poster painting drawing statue panorama landscape view views viewpoint scenery background foreground
    front back side left right center middle first last past next best good great big small tall high higher highest low
    long short wide old new young red blue green yellow white black orange golden gold silver bright sharp share shark
    shard star stare start storm steep clear cloudy sunny misty foggy frozen cold hot warm winter spring summer autumn
    fall january february march april may june july august september october november december east west north south
    beast feast least fast cast eat pear peat speak leak weak park parks pack packs shadows standing sitting walking
    running resting climbing crossing sleeping eating drinking laughing without between before after during while not
    only just also very much many few other another same both each every ever never always often again here now then
    than because about against along through out off down up
    isla islas bosque bosques flor flores arbol arboles rio rios lago lagos agua cascada cielo nube nubes niebla lluvia
    viento sol luna estrella estrellas noche dia manana tarde luz sombra reflejo roca rocas piedra piedras valle paso
    camino sendero puente puentes pueblo templo templos monasterio bandera banderas oracion tienda tiendas campamento
    hotel albergue casa casas puerta ventana pared jardin campo animal animales perro perros gato gatos caballo caballos
    vaca vacas cabra cabras pajaro pajaros gente persona hombre hombres mujer mujeres nino nina ninos amigo amigos
    familia grupo cara caras mano manos sonrisa retrato cena almuerzo desayuno comida sopa arroz pan te cafe cerveza
    cocina cuarto cama helicoptero avion coche barco tren ciudad calle mercado mapa cartel cuadro estatua paisaje vista
    vistas fondo frente lado izquierda derecha centro primero ultimo mejor bueno buena grande pequeno alto alta bajo
    largo corto viejo nuevo rojo roja azul verde amarillo blanco blanca negro negra naranja dorado brillante claro
    nublado soleado frio calor invierno primavera verano otono sin entre antes despues durante mientras solo tambien muy
    mucho mucha muchos muchas poco otro otra cada siempre nunca aqui ahora entonces porque meta manera marea merma
    taberna noche coche bueno escalera
    saddle saddles song slow know log block lack blank told hold sold odd bold mean ran mad main fan van
    sister turned walked marked handing hunger hunted pardon button barrel posts poses titles pastor
    hermano punta callado colgado mirado tirador banera bandeja portero champana aspirina puntual pedido perdido perdida
    """
EVERYDAY_WORDS: Final = _folded(_SUBJECTS) | FILLERS | TITLES | MOUNTAIN_WORDS
