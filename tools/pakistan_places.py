"""What we know of Pakistani places beyond the census and GeoNames: one crosswalk, written by hand.

TOWN_DISTRICT: GeoNames towns whose name is no census tehsil (or is the name of two), with their district.
MOVED: GeoNames rows whose position or population is plainly wrong, with the right ones (approximate).
SITES: places of districts that GeoNames lists no town of (approximate, within about 5 km).
ESTIMATES: Azad Jammu and Kashmir, Gilgit-Baltistan: no rows in the census tables we restate.
"""

from __future__ import annotations

TOWN_DISTRICT = {
    "Lahore": "Lahore", "Kahna Nau": "Lahore", "Manhala": "Lahore",
    "Faisalabad": "Faisalabad", "Dijkot": "Faisalabad", "Khurarianwala": "Faisalabad",
    "Mamu Kanjan": "Faisalabad",
    "Gujranwala": "Gujranwala", "Eminabad": "Gujranwala", "Naushahra Virkan": "Gujranwala",
    "Ladhewala Waraich": "Gujranwala", "Dhaunkal": "Gujranwala", "Sodhri": "Gujranwala",
    "Rasulnagar": "Gujranwala", "Multan": "Multan", "Qadirpur Ran": "Multan",
    "Bahawalpur": "Bahawalpur", "Khairpur Tamewah": "Bahawalpur", "Sukkur": "Sukkur", "Bagarji": "Sukkur",
    "Tando Allahyar": "Tando Allahyar", "Wah Cantt": "Rawalpindi", "Daultala": "Rawalpindi",
    "Mingora": "Swat", "Saidu Sharif": "Swat", "Dursh Khela": "Swat", "Malir Cantonment": "Malir",
    "Jacobabad": "Jacobabad", "Dajal": "Rajanpur", "Arif Wala": "Pakpattan", "Qabula": "Pakpattan",
    "Tordher": "Swabi", "Zaida": "Swabi", "Harunabad": "Bahawalnagar", "Faqirwali": "Bahawalnagar",
    "Dunga Bunga": "Bahawalnagar", "Jalalpur Jattan": "Gujrat", "Kunjah": "Gujrat", "Dinga": "Gujrat",
    "Lala Musa": "Gujrat", "Haveli Lakha": "Okara", "Hujra Shah Muqim": "Okara", "Basirpur": "Okara",
    "Shahdad Kot": "Kambar Shahdad Kot", "Kambar": "Kambar Shahdad Kot", "Phool Nagar": "Kasur",
    "Raja Jang": "Kasur", "Kanganpur": "Kasur", "Tando Muhammad Khan": "Tando Muhammad Khan",
    "Bulri": "Tando Muhammad Khan", "Jauharabad": "Khushab", "Mitha Tiwana": "Khushab",
    "Nowshera Kalan": "Nowshera", "Risalpur Cantonment": "Nowshera", "Nowshera Cantonment": "Nowshera",
    "Akora Khattak": "Nowshera", "Amangarh": "Nowshera", "Cherat Cantonement": "Nowshera",
    "Khewra": "Jhelum", "Zahir Pir": "Rahim Yar Khan", "Kot Samaba": "Rahim Yar Khan",
    "Bat Khela": "Malakand Protected Area", "Malakand": "Malakand Protected Area", "Tando Jam": "Hyderabad",
    "Rabwah": "Chiniot", "Kahror Pakka": "Lodhran", "Dhanot": "Lodhran", "Kot Malik Barkhurdar": "Quetta",
    "Chuhar Kana": "Sheikhupura", "Khangah Dogran": "Sheikhupura", "Narang Mandi": "Sheikhupura",
    "Mananwala": "Sheikhupura", "Jandiala Sher Khan": "Sheikhupura", "Faruka": "Sargodha",
    "Kot Mumin": "Sargodha", "Jahanian Shah": "Sargodha", "Jhawarian": "Sargodha", "Dullewala": "Bhakkar",
    "Buni": "Upper Chitral", "Jatoi Shimali": "Muzaffargarh", "Khangarh": "Muzaffargarh",
    "Shahr Sultan": "Muzaffargarh", "Daira Din Panah": "Muzaffargarh", "Fatehpur": "Layyah",
    "Karor": "Layyah",
    "Kot Sultan": "Layyah", "Kundian": "Mianwali", "Kamar Mushani": "Mianwali", "Daud Khel": "Mianwali",
    "Kalabagh": "Mianwali", "Harnoli": "Mianwali", "Sukheke Mandi": "Hafizabad", "Kaleke Mandi": "Hafizabad",
    "Karachi University Employees Co-operative Housing Society": "Karachi East",
    "Pakistan Employees Cooperative Housing Society": "Karachi East", "Chak": "Shikarpur",
    "Madeji": "Shikarpur", "Rustam": "Shikarpur", "Khalabat": "Haripur", "New Badah": "Larkana",
    "Naudero": "Larkana", "Goth Garelo": "Larkana", "Loralai": "Loralai",
    "Malakwal City": "Mandi Bahauddin", "Ranipur": "Khairpur", "Setharja Old": "Khairpur",
    "Hingorja": "Khairpur", "Utmanzai": "Charsadda", "Nok Kundi": "Chagai", "Khairpur Nathan Shah": "Dadu",
    "Sita Road": "Dadu", "Goth Phulji": "Dadu", "Ghauspur": "Kashmore", "Thal": "Upper Dir",
    "Garh Maharaja": "Jhang", "Talamba": "Khanewal", "Sarai Sidhu": "Khanewal", "Chawinda": "Sialkot",
    "Kotli Loharan": "Sialkot", "Begowala": "Sialkot", "Bhopalwala": "Sialkot", "Kalaswala": "Sialkot",
    "Harappa": "Sahiwal", "Naukot": "Mirpur Khas", "Mirwah Gorchani": "Mirpur Khas", "Bhaun": "Chakwal",
    "Kallar Kahar": "Chakwal", "Shahpur Chakar": "Sanghar", "Jhol": "Sanghar", "Khadro": "Sanghar",
    "Berani": "Sanghar", "Chhor": "Umer Kot", "Dhoro Naro": "Umer Kot", "Nabisar": "Umer Kot",
    "Pad Idan": "Naushahro Feroze", "Tharu Shah": "Naushahro Feroze", "Darya Khan Marri": "Naushahro Feroze",
    "Gharo": "Thatta", "Baddomalhi": "Narowal", "Bhit Shah": "Matiari", "Chuhar Jamali": "Sujawal",
    "Alipur": "ICT", "Saidpur": "ICT", "Baffa": "Mansehra", "Phulra": "Mansehra", "Gadani": "Lasbela",
    "Bhan": "Jamshoro", "Sann": "Jamshoro", "Jamshoro": "Jamshoro", "Nooriabad": "Jamshoro",
    "Daulatpur": "Shaheed Benazirabad", "Bandhi": "Shaheed Benazirabad", "Jām Sāhib": "Shaheed Benazirabad",
    "Khar": "Bajaur", "Batwar Salarzai": "Bajaur", "Doaba": "Hangu", "Adilpur": "Ghotki",
    "Khanpur Mahar": "Ghotki", "Rajo Khanani": "Badin", "Kadhan": "Badin", "Alik Ghund": "Ziarat",
    "Alizai": "Kurram", "Parachinar": "Kurram", "Timargara": "Lower Dir", "Qila Saifullah": "Killa Saifullah",
    "Patan": "Lower Kohistan", "Gandava": "Jhal Magsi", "Alpurai": "Shangla", "Dasu": "Upper Kohistan",
    "Sanjwal": "Attock", "Goth Shams Pir": "Keamari", "Shinpokh": "Khyber", "Kario Ghanwar": "Badin",
    "Abdul Khel": None, "Chak Thirty-one -Eleven Left": None, "Jahangira": None,
    "Muzaffarābād": "Muzaffarabad", "Garhi Dupatta": "Muzaffarabad", "Dhirkot": "Bagh", "Bāgh": "Bagh",
    "New Mirpur City": "Mirpur", "Chaksawari": "Mirpur", "Dayal": "Mirpur", "Islamgarh": "Mirpur",
    "Rawalakot": "Poonch", "Hajira": "Poonch", "Khai Gala": "Poonch", "Kotli": "Kotli", "Sehnsa": "Kotli",
    "Khuiratta": "Kotli", "Charhoi": "Kotli", "Bhimber": "Bhimber", "Pallandri": "Sudhnoti",
    "Hattiān Bāla": "Jhelum Valley", "Hattian Bala": "Jhelum Valley", "Athhmuqam": "Neelum",
    "Athmuqam": "Neelum", "Skardu": "Skardu", "Dambudas": "Skardu", "Gilgit": "Gilgit", "Jaglot": "Gilgit",
    "Karimabad": "Hunza", "Aliabad": "Hunza", "Gahkuch": "Ghizer", "Khaplu": "Ghanche", "Yougu": "Ghanche",
    "Barishal": "Hunza", "Tolti": "Kharmang", "Shigar": "Shigar", "Nagir": "Nagar", "Chilas": "Diamer",
    "Eidghah": "Astore",
}  # fmt: skip

BY_ID = {1166547: "Sargodha", 1166548: "Sahiwal", 1174357: "Ghotki", 10867126: "Kotli"}
"""GeoNames ids where one name stands for two towns."""

DROPPED = {1332083}
"""A second Bahawalnagar, 60 km from the town, in Okara."""

MOVED = {
    "Arif Wala": (30.291, 73.066, 157_063),
    "Muzaffarābād": (34.37002, 73.47082, 149_913),
    "Dhirkot": (34.03917, 73.57694, 36_270),
}
"""name: latitude, longitude, population (AJK: its 2017 census; Arif Wala is displaced in GeoNames)."""
MOVED_BY_ID = {1166547: (31.97386, 72.33109, 45_000)}
"""Sahiwal of Sargodha carries the population of the city of the same name."""

SITES = [
    ("Nazimabad", 24.925, 67.035, "Karachi Central", 4.0),
    ("North Karachi", 24.985, 67.065, "Karachi Central", 6.0),
    ("Gulshan-e-Iqbal", 24.920, 67.095, "Karachi East", 4.0),
    ("Gulzar-e-Hijri", 24.970, 67.130, "Karachi East", 4.0),
    ("Saddar", 24.856, 67.020, "Karachi South", 3.0), ("Lyari", 24.872, 66.995, "Karachi South", 3.0),
    ("Orangi", 24.950, 66.985, "Karachi West", 4.0), ("Manghopir", 24.995, 67.030, "Karachi West", 3.0),
    ("Korangi", 24.835, 67.130, "Korangi", 4.0), ("Landhi", 24.850, 67.195, "Korangi", 2.0),
    ("Bin Qasim", 24.860, 67.330, "Malir", 2.0), ("Gadap", 25.080, 67.250, "Malir", 1.0),
    ("Ibrahim Hyderi", 24.800, 67.140, "Malir", 3.0), ("Baldia", 24.925, 66.965, "Keamari", 3.0),
    ("Keamari", 24.825, 66.975, "Keamari", 2.0), ("Mauripur", 24.875, 66.920, "Keamari", 1.0),
    ("Ghalanai", 34.335, 71.395, "Mohmand", 1.0), ("Kalaya", 33.740, 70.960, "Orakzai", 1.0),
    ("Sadda", 33.330, 70.330, "Kurram", 1.0), ("Judba", 34.640, 72.840, "Torghar", 1.0),
    ("Palas", 35.070, 73.150, "Kolai Palas Kohistan", 1.0), ("Sherani", 31.560, 69.850, "Sherani", 1.0),
    ("Mastuj", 36.280, 72.520, "Upper Chitral", 1.0), ("Bahrain", 35.210, 72.550, "Swat", 1.0),
    ("Kalam", 35.490, 72.580, "Swat", 1.0), ("Forward Kahuta", 33.885, 74.105, "Haveli", 1.0),
    ("Sost", 36.690, 74.820, "Hunza", 1.0), ("Shimshal", 36.440, 75.320, "Hunza", 0.5),
    ("Gupis", 36.230, 73.450, "Ghizer", 1.0), ("Yasin", 36.370, 73.330, "Ghizer", 1.0),
    ("Darel", 35.570, 73.600, "Diamer", 1.0), ("Kel", 34.820, 74.350, "Neelum", 1.0),
    ("Askole", 35.680, 75.820, "Shigar", 0.5), ("Gorikot", 35.280, 74.850, "Astore", 1.0),
 ("Samahni", 33.030, 74.130, "Bhimber", 1.0),
    ("Hushe", 35.450, 76.360, "Ghanche", 0.5),
]  # fmt: skip
"""name, latitude_deg, longitude_deg, district, weight in sharing the district's urban people."""

KNOWN_PLACES = [
    ("Basima", 27.93, 65.87, "Washuk"), ("Mashkel", 28.00, 63.40, "Washuk"), ("Nag", 27.40, 65.12, "Washuk"),
    ("Parom", 26.60, 63.60, "Panjgur"), ("Chagai", 29.30, 64.70, "Chagai"),
    ("Yak Mach", 28.75, 63.85, "Chagai"),
    ("Wadh", 27.35, 66.38, "Khuzdar"), ("Nal", 27.68, 66.20, "Khuzdar"), ("Zehri", 28.15, 66.55, "Khuzdar"),
    ("Karkh", 27.75, 67.16, "Khuzdar"), ("Ornach", 27.00, 66.20, "Khuzdar"), ("Gidar", 28.75, 65.95, "Surab"),
    ("Mashkay", 26.85, 65.35, "Awaran"), ("Jhal Jhao", 26.32, 65.57, "Awaran"),
    ("Winder", 25.38, 66.70, "Lasbela"),
    ("Dureji", 25.88, 67.20, "Lasbela"), ("Liari", 25.68, 66.45, "Lasbela"), ("Tump", 26.11, 62.37, "Kech"),
    ("Mand", 26.12, 62.04, "Kech"), ("Buleda", 26.45, 63.10, "Kech"), ("Hoshab", 26.00, 63.90, "Kech"),
    ("Muslim Bagh", 30.83, 67.73, "Killa Saifullah"), ("Badini", 31.30, 68.00, "Killa Saifullah"),
    ("Qamar Din Karez", 31.66, 68.43, "Zhob"), ("Sambaza", 31.50, 69.10, "Zhob"),
    ("Kahan", 29.30, 68.90, "Kohlu"),
    ("Chachro", 25.12, 70.25, "Tharparkar"), ("Nagarparkar", 24.36, 70.76, "Tharparkar"),
    ("Khipro", 25.83, 69.37, "Sanghar"), ("Chundiko", 26.95, 69.05, "Khairpur"),
    ("Thari Mirwah", 27.06, 68.61, "Khairpur"), ("Derawar Fort", 28.77, 71.33, "Bahawalpur"),
    ("Jhal", 28.28, 67.45, "Jhal Magsi"), ("Wahi Pandhi", 26.65, 67.30, "Dadu"),
    ("Yarkhun", 36.60, 72.90, "Upper Chitral"), ("Garam Chashma", 36.00, 71.55, "Lower Chitral"),
    ("Sui", 28.65, 69.20, "Dera Bugti"), ("Rakhni", 30.05, 69.92, "Barkhan"),
    ("Kingri", 30.40, 69.85, "Musakhel"),
    ("Fort Munro", 29.93, 69.98, "Dera Ghazi Khan"), ("Kalat Mangochar", 29.35, 66.60, "Kalat"),
]  # fmt: skip
"""Places that only show where a sparse district lies (within about 15 km); no people are put at them."""

AJK = (
    "Azad Jammu and Kashmir",
    "AJK census 2017 by district (published totals), grown 1.63 %/yr to 2023",
    "medium",
)
GB = "Gilgit-Baltistan", "GB government estimate 2013 by district, scaled to 1.70 million in 2023", "low"
ESTIMATES = [
    # district, division, area_km2, population, urban share, people per household
    ("Muzaffarabad", "Muzaffarabad", 1642, 715_000, 0.24, 6.4, AJK),
    ("Neelum", "Muzaffarabad", 3621, 210_000, 0.05, 6.9, AJK),
    ("Jhelum Valley", "Muzaffarabad", 854, 254_000, 0.07, 6.4, AJK),
    ("Bagh", "Poonch", 770, 409_000, 0.18, 6.4, AJK),
    ("Haveli", "Poonch", 598, 167_000, 0.05, 6.8, AJK),
    ("Poonch", "Poonch", 855, 551_000, 0.20, 6.4, AJK),
    ("Sudhnoti", "Poonch", 569, 327_000, 0.10, 6.5, AJK),
    ("Kotli", "Mirpur", 1862, 852_000, 0.10, 6.5, AJK),
    ("Mirpur", "Mirpur", 1010, 502_000, 0.38, 5.9, AJK),
    ("Bhimber", "Mirpur", 1516, 463_000, 0.09, 6.2, AJK),
    ("Gilgit", "Gilgit", 4208, 290_000, 0.35, 7.3, GB),
    ("Hunza", "Gilgit", 11660, 85_000, 0.15, 6.8, GB),
    ("Nagar", "Gilgit", 3374, 108_000, 0.05, 7.2, GB),
    ("Ghizer", "Gilgit", 12381, 248_000, 0.06, 7.6, GB),
    ("Skardu", "Baltistan", 8700, 239_000, 0.30, 7.0, GB),
    ("Shigar", "Baltistan", 8500, 100_000, 0.05, 7.2, GB),
    ("Kharmang", "Baltistan", 2497, 60_000, 0.05, 7.0, GB),
    ("Ghanche", "Baltistan", 6400, 141_000, 0.06, 6.6, GB),
    ("Diamer", "Diamer-Astore", 7234, 280_000, 0.10, 8.6, GB),
    ("Astore", "Diamer-Astore", 5411, 149_000, 0.06, 7.4, GB),
]
